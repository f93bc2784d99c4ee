import { readConfig } from '../config/config.js'
import { createLogger } from '../logger.js'
import { startServer } from '../start.js'

/** `serve`: runs until SIGTERM or SIGINT. stdout has the token (in development) and, once ready, one line with the URL. */
export const serve = async (env: NodeJS.ProcessEnv): Promise<void> => {
  const config = readConfig(env)
  const log = createLogger(config.logLevel, config.production)
  const { url, stop } = await startServer(config, log)

  let stopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    // A second signal means it.
    if (stopping) process.exit(1)
    stopping = true
    log.info(`${signal}: stopping`)
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'could not stop in order')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  if (!config.production) print(`OpsMantik live token: ${config.liveToken}`)
  print(`OpsMantik reference server ready: ${url}`)
}

const print = (line: string): void => void process.stdout.write(line + '\n')
