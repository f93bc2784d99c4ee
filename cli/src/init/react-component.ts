import { PROXY_PATH } from './tag.js'
import type { Answers } from './plan.js'

/** Returns a React component that creates the tracker once it is on a page. */
export const reactComponent = ({
  siteId,
}: Answers): string => `import { createTracker } from '@opsmantik/tracker'
import { useEffect } from 'react'

const options = { siteId: '${siteId}', proxyUrl: '${PROXY_PATH}' }

export function Opsmantik() {
  useEffect(() => {
    const tracker = createTracker(options)
    return () => tracker.destroy()
  }, [])
  return null
}
`
