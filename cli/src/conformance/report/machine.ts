import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import { printable, printableJson, printableLines } from '../../probe/printable.js'
import { curl } from '../../probe/curl.js'
import { exitCode, type Judgement } from '../baseline.js'
import { profileOf } from '../profiles.js'
import type { Result } from '../run.js'
import type { RunMeta } from './meta.js'

/** Everything as JSON, for programs. */
export const formatJson = (
  results: readonly Result[],
  target: string,
  judgement: Judgement,
  meta?: RunMeta,
): string =>
  printableJson({
    target,
    contract: CONTRACT_VERSION,
    ...(meta && {
      kit: meta.kit,
      started_at: meta.startedAt,
      took_ms: meta.tookMs,
      requests: meta.requests,
      options: meta.options,
      verdict: meta.verdict,
      profiles: meta.profiles,
      unmet: meta.unmet,
    }),
    conformant: exitCode(judgement, results, meta?.unmet) === 0,
    failed: judgement.failures.map(({ id }) => id),
    broken: judgement.broken.map(({ id }) => id),
    stale: judgement.stale,
    results: results.map(({ exchanges, ...result }) => ({
      ...result,
      profile: profileOf(result.id),
      known: judgement.known.some(({ id }) => id === result.id),
      ...(exchanges && {
        exchanges: exchanges.map(({ request, status, headers, text }) => ({
          curl: curl(request),
          status,
          headers: Object.fromEntries(headers),
          body: text,
        })),
      }),
    })),
  }) + '\n'

const escapeXml = (text: string): string =>
  text
    // Characters that XML 1.0 cannot hold, not even escaped.
    // oxlint-disable-next-line no-control-regex -- they are what is meant
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '�')
    .replaceAll(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`)

const details = ({ reason, cause, exchanges }: Result): string => {
  const last = exchanges?.at(-1)
  return [
    reason && printable(reason),
    cause && `Usually: ${cause}`,
    last && `Sent: ${printableLines(curl(last.request))}`,
    last && `Came back: ${last.status} ${printable(last.text)}`,
  ]
    .filter((line) => line !== undefined)
    .join('\n')
}

/** JUnit's XML, as continuous integration reads it. What was known before is skipped, as is what was not seen. */
export const formatJunit = (
  results: readonly Result[],
  judgement: Judgement,
  meta?: RunMeta,
): string => {
  const isKnown = (result: Result): boolean => judgement.known.includes(result)
  const count = (is: (result: Result) => boolean): number => results.filter(is).length
  const cases = results.map((result) => {
    const { id, section, title, took, verdict } = result
    const reason = printable(result.reason ?? '')
    const open = `  <testcase classname="section ${section}" name="${escapeXml(`${id}: ${title}`)}" time="${took / 1000}"`
    if (verdict === 'passed') return open + '/>'
    const body =
      verdict === 'unseen' || isKnown(result) || result.level !== 'MUST'
        ? `<skipped message="${escapeXml(reason)}"/>`
        : `<${verdict === 'failed' ? 'failure' : 'error'} message="${escapeXml(reason)}">${escapeXml(details(result))}</${verdict === 'failed' ? 'failure' : 'error'}>`
    return `${open}>${body}</testcase>`
  })
  const stale = judgement.stale.map(
    (id) =>
      `  <testcase classname="baseline" name="${escapeXml(id)}"><failure message="fixed, but still in the baseline"/></testcase>`,
  )
  const unmet = (meta?.unmet ?? []).map(
    ({ profile, reason }) =>
      `  <testcase classname="required" name="${profile}"><failure message="${escapeXml(printable(reason))}"/></testcase>`,
  )
  const skipped = count(
    (r) => r.verdict === 'unseen' || (r.verdict === 'failed' && (isKnown(r) || r.level !== 'MUST')),
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="opsmantik conformance, contract ${CONTRACT_VERSION}" tests="${results.length + stale.length + unmet.length}" failures="${judgement.failures.length + stale.length + unmet.length}" errors="${judgement.broken.length}" skipped="${skipped}">`,
    ...cases,
    ...stale,
    ...unmet,
    '</testsuite>',
    '',
  ].join('\n')
}

/** The Test Anything Protocol, version 14. */
export const formatTap = (
  results: readonly Result[],
  judgement: Judgement,
  meta?: RunMeta,
): string => {
  const lines = results.map((result, at) => {
    const { id, title, verdict, level } = result
    const name = `${at + 1} - ${id}: ${title}`.replaceAll('#', '\\#')
    const plain = printable(result.reason ?? '').replaceAll('#', '\\#')
    if (verdict === 'passed') return `ok ${name}`
    if (verdict === 'unseen') return `ok ${name} # SKIP ${plain}`
    if (judgement.known.includes(result) || level !== 'MUST')
      return `not ok ${name} # TODO ${plain}`
    return `not ok ${name}\n${details(result).replaceAll(/^/gm, '# ')}`
  })
  const stale = judgement.stale.map(
    (id, at) => `not ok ${results.length + at + 1} - ${id}: fixed, but still in the baseline`,
  )
  const unmet = (meta?.unmet ?? []).map(
    ({ profile, reason }, at) =>
      `not ok ${results.length + stale.length + at + 1} - required ${profile}: ${printable(reason).replaceAll('#', '\\#')}`,
  )
  return (
    [
      'TAP version 14',
      `# contract ${CONTRACT_VERSION}`,
      ...(meta ? [`# ${printable(meta.verdict)}`] : []),
      `1..${results.length + stale.length + unmet.length}`,
      ...lines,
      ...stale,
      ...unmet,
    ].join('\n') + '\n'
  )
}
