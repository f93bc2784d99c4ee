import { buildOutdated } from '../../scripts/serve/build-outdated.mjs'

/** Before tests that start the server, or the commands, as a user would: what they start is built. */
export default (): void => buildOutdated()
