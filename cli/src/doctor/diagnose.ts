import { withoutConsequences } from './findings/causes.js'
import { examine } from './findings/examine.js'
import { printable } from '../probe/printable.js'
import { startRun } from './probe/run.js'
import { readSettings } from './probe/settings.js'
import { findingsOf } from './findings/symptom.js'
import type { Obstacle } from '../conformance/server/find-obstacle.js'
import type { Diagnosis, DoctorOptions, Finding } from './types.js'
import { verdictOf } from './report/verdict.js'

/** Whatever a server echoes, the report shows no secret. */
const without = (secrets: readonly (string | null)[]): ((text: string) => string) => {
  const hidden = secrets.flatMap((secret) =>
    secret === null
      ? []
      : [
          secret,
          secret.trim(),
          printable(secret),
          JSON.stringify(secret).slice(1, -1),
          encodeURIComponent(secret),
        ],
  )
  return (text) =>
    hidden.reduce(
      (safe, secret) => (secret === '' ? safe : safe.replaceAll(secret, '[secret]')),
      text,
    )
}

/**
 * The incident runbooks as a program: what a page of this origin meets at this console, and who has to change what.
 * Records nothing, sends no secret, takes under ten seconds, never rejects.
 */
export const diagnose = async (options: DoctorOptions): Promise<Diagnosis> => {
  const began = performance.now()
  const { settings, problems } = readSettings(options)
  const at = new Date(settings.now()).toISOString()
  const report = (
    found: Pick<Diagnosis, 'exitCode' | 'verdict' | 'obstacle' | 'findings' | 'problems'>,
  ): Diagnosis => ({
    ...found,
    consoleUrl: settings.base,
    origin: settings.origin,
    proxyUrl: settings.proxyUrl,
    at,
    tookMs: Math.round(performance.now() - began),
  })
  const stop = (why: string, list: string[]): Diagnosis =>
    report({ exitCode: 2, verdict: why, obstacle: null, findings: [], problems: list })
  if (problems.length > 0)
    return stop('The doctor could not begin: an argument cannot be used.', problems)
  const safe = without([settings.secret, settings.liveToken])
  let findings: Finding[]
  let obstacle: Obstacle | null
  try {
    const found = await examine(startRun(settings))
    findings = findingsOf(withoutConsequences(found.symptoms))
    obstacle = found.obstacle && { ...found.obstacle, message: safe(found.obstacle.message) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return stop('The doctor could not finish: this is a fault of its own.', [safe(reason)])
  }
  const shown = findings.map(
    (finding) =>
      Object.fromEntries(
        Object.entries(finding).map(([key, value]) => [
          key,
          typeof value === 'string' ? safe(value) : value,
        ]),
      ) as unknown as Finding,
  )
  return report({
    exitCode: shown.some(({ severity }) => severity === 'error') ? 1 : 0,
    obstacle,
    verdict: verdictOf(shown, settings.origin, settings.base),
    findings: shown,
    problems: [],
  })
}
