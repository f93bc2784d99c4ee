import { diagnose, formatDiagnosis } from '../doctor/index.js'

/** The project that `init` has written into, as the doctor looks at it. */
export interface WrittenProject {
  readonly consoleUrl: string
  readonly siteId: string
  /** The environment variable that holds the secret, if there is one. */
  readonly secretEnv: string | undefined
  readonly origin: string
  readonly proxyUrl: string
}

const REACHABLE_MS = 3_000

const isReachable = (url: string): Promise<boolean> =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(REACHABLE_MS) }).then(
    async (response) => {
      await response.body?.cancel()
      return true
    },
    () => false,
  )

/**
 * Runs the doctor: on the console, the origin and the secret at once, and through the proxy too if the pages can be
 * reached already.
 *
 * @returns what to print, and whether something is wrong
 */
export const examineAfterInit = async (
  written: WrittenProject,
): Promise<{ report: string; isWell: boolean }> => {
  const { proxyUrl, ...asked } = written
  const { consoleUrl, origin, siteId } = written
  const isRunning = await isReachable(origin)
  const diagnosis = await diagnose({ ...asked, ...(isRunning && { proxyUrl }) })
  const next = `\nStart your server, press a phone number on a page, and ask the doctor again:\n  npx opsmantik doctor ${consoleUrl} --origin ${origin} --proxy-url ${proxyUrl} --site-id ${siteId}\n`
  return {
    report: `\n${formatDiagnosis(diagnosis, { color: false })}${isRunning ? '' : next}`,
    isWell: diagnosis.exitCode === 0,
  }
}
