import type { Result } from './run.js'

/** Names the parts of the contract that a server, a proxy or a tracker can be judged by. */
export const PROFILES = [
  'ingest',
  'sync',
  'limits',
  'live',
  'durable',
  'read',
  'proxy',
  'tracker',
] as const
export type Profile = (typeof PROFILES)[number]

/** Beginnings of ids that are not in `ingest`. */
const BEGINNINGS: [beginning: string, profile: Profile][] = [
  ['sync.', 'sync'],
  ['origin.sync-', 'sync'],
  ['answer.matched', 'sync'],
  ['limit.', 'limits'],
  ['live.', 'live'],
  ['durable.', 'durable'],
  ['read.', 'read'],
  ['proxy.', 'proxy'],
  ['client.', 'tracker'],
]

/** Returns the profile that a check belongs to. */
export const profileOf = (id: string): Profile =>
  BEGINNINGS.find(([beginning]) => id.startsWith(beginning))?.[1] ?? 'ingest'

/**
 * Reads a list such as `ingest+sync,live`. `full` stands for all of them.
 *
 * @throws RangeError for a name that no profile has
 */
export const parseProfiles = (texts: readonly string[]): Profile[] => {
  const names = texts.flatMap((text) => text.split(/[+,]/)).map((name) => name.trim())
  const found = names.flatMap((name): readonly Profile[] => {
    if (name === 'full') return PROFILES
    const profile = PROFILES.find((one) => one === name)
    if (!profile)
      throw new RangeError(
        `${JSON.stringify(name)} should be one of the profiles ${PROFILES.join(', ')}, full`,
      )
    return [profile]
  })
  return PROFILES.filter((profile) => found.includes(profile))
}

export type ProfileVerdict = 'conformant' | 'in part' | 'not conformant' | 'not looked at'

/** Describes the verdict of a run on one profile. */
export interface ProfileReport {
  profile: Profile
  verdict: ProfileVerdict
  passed: number
  failed: number
  /** Checks that were not judged, with what each needs. Situational ones are left out. */
  missing: { id: string; reason: string }[]
}

/** Judges each profile that the results have checks of. A failure that a baseline knows is a failure here. */
export const reportProfiles = (results: readonly Result[]): ProfileReport[] =>
  PROFILES.flatMap((profile) => {
    const own = results.filter(({ id, level }) => profileOf(id) === profile && level === 'MUST')
    if (own.length === 0) return []
    const passed = own.filter(({ verdict }) => verdict === 'passed').length
    const failed = own.filter(({ verdict }) => verdict === 'failed').length
    const missing = own
      .filter(
        ({ verdict, isSituational }) =>
          verdict === 'broken' || (verdict === 'unseen' && !isSituational),
      )
      .map(({ id, reason = 'not judged' }) => ({ id, reason }))
    const verdict =
      failed > 0
        ? 'not conformant'
        : passed === 0
          ? 'not looked at'
          : missing.length > 0
            ? 'in part'
            : 'conformant'
    return [{ profile, verdict, passed, failed, missing }]
  })

const because = ({ missing }: ProfileReport): string => {
  const reasons = [
    ...new Set(missing.map(({ reason }) => reason.replace(/^(needs [^,;:]+).*/s, '$1'))),
  ]
  return reasons.length > 0 ? ` (${reasons.slice(0, 3).join('; ')})` : ''
}

const names = (reports: readonly ProfileReport[], withReasons: boolean): string =>
  reports.map((one) => one.profile + (withReasons ? because(one) : '')).join(', ')

/** Says in one or two sentences what conforms, what does not, and what was not looked at. */
export const verdictSentence = (reports: readonly ProfileReport[], contract: string): string => {
  const of = (verdict: ProfileVerdict): ProfileReport[] =>
    reports.filter((one) => one.verdict === verdict)
  const sentences = [
    ['Not conformant', of('not conformant'), false],
    ['Conformant', of('conformant'), false],
    ['Conformant as far as it was looked at', of('in part'), true],
  ] as const
  const said = sentences.flatMap(([words, found, withReasons]) =>
    found.length === 0 ? [] : [`${words} with contract ${contract}: ${names(found, withReasons)}.`],
  )
  const unseen = of('not looked at')
  if (unseen.length > 0) said.push(`Not looked at: ${names(unseen, true)}.`)
  return said.length > 0 ? said.join(' ') : 'Nothing was looked at.'
}

/** Returns the required profiles that are not conformant as a whole, with the reason. */
export const unmet = (
  reports: readonly ProfileReport[],
  required: readonly Profile[],
): { profile: Profile; reason: string }[] =>
  required.flatMap((profile) => {
    const report = reports.find((one) => one.profile === profile)
    if (report?.verdict === 'conformant') return []
    const reason = report ? `${report.verdict}${because(report)}` : 'no check of it was run'
    return [{ profile, reason }]
  })
