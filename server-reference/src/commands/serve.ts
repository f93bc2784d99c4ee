import { readConfig } from '../config/config.js'
import { createLogger } from '../logger.js'
import { OutputLost, print } from '../output.js'
import { startServer, type RunningServer } from '../start.js'

/** Milliseconds from the first signal to the end of the process, even if something hangs (docs/reference-server.md). */
const STOP_MS = 10_000

/**
 * Runs the server until SIGTERM or SIGINT, and then ends with exit code 0 within ten seconds in every state: also
 * during the start, and if a client or the database hangs. Acknowledged events are committed, so none is lost.
 *
 * stdout has the token (in development) and, once ready, one line with the URL.
 */
export const serve = async (env: NodeJS.ProcessEnv): Promise<void> => {
  const config = readConfig(env)
  const log = createLogger(config.logLevel, config.production)

  let isStopping = false
  const starting = { current: undefined as Promise<RunningServer> | undefined }
  const onSignal = (signal: NodeJS.Signals): void => {
    // npm and the terminal both pass Ctrl+C on: a second signal says nothing new.
    if (isStopping) return
    isStopping = true
    log.info(`${signal}: stopping`)
    setTimeout(() => {
      log.warn(`not stopped after ${STOP_MS / 1000} s: ending without it`)
      process.exit(0)
    }, STOP_MS - 250)
    Promise.resolve(starting.current)
      .then((server) => server?.stop())
      .catch((error: unknown) => log.error({ err: error }, 'could not stop in order'))
      .finally(() => process.exit(0))
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)

  starting.current = startServer(config, log)
  const started = await starting.current.catch((error: unknown) => {
    // That a start fails after a signal is no failure: the signal's handler logs it and ends the process.
    if (!isStopping) throw error
  })
  if (isStopping || started === undefined) return
  const { url } = started
  const lines = [
    ...(config.production ? [] : [`OpsMantik live token: ${config.liveToken}`]),
    `OpsMantik reference server ready: ${url}`,
  ]
  for (const line of lines)
    try {
      print(line)
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error
      // The address is not secret; the token is, and is not said twice.
      log.warn({ url, reason: error.message }, 'ready')
    }
}
