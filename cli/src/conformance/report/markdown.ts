import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import type { Judgement } from '../baseline.js'
import { printable } from '../../probe/printable.js'
import type { Result } from '../run.js'
import type { RunMeta } from './meta.js'

/** Text from outside in a table's cell, which a pipe or a bracket could end or turn into a link. */
const cell = (text: string): string =>
  printable(text, 300)
    .replaceAll(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(/[|\\`*_[\]~]/g, (char) => `\\${char}`)

/** A summary for a pull request or a job's page. */
export const formatMarkdown = (
  results: readonly Result[],
  target: string,
  judgement: Judgement,
  meta: RunMeta,
): string => {
  const out = [
    `## Conformance with contract ${CONTRACT_VERSION}`,
    '',
    `**${cell(meta.verdict)}**`,
    '',
    `${cell(target)}, kit ${meta.kit}, ${meta.startedAt}, ${(meta.tookMs / 1_000).toFixed(1)} s`,
    '',
    '| Profile | CheckVerdict | Passed | Failed | Not judged |',
    '| --- | --- | --- | --- | --- |',
    ...meta.profiles.map(
      ({ profile, verdict, passed, failed, missing }) =>
        `| ${profile} | ${verdict} | ${passed} | ${failed} | ${missing.length} |`,
    ),
  ]
  const failed = results.filter(({ verdict }) => verdict === 'failed')
  if (failed.length > 0)
    out.push(
      '',
      '| Failed | Section | What was expected and received | Usual cause |',
      '| --- | --- | --- | --- |',
      ...failed.map(
        ({ id, level, section, reason = '', cause = '' }) =>
          `| \`${id}\`${judgement.known.some((one) => one.id === id) ? ' (known)' : level === 'MUST' ? '' : ` (${level})`} | ${section} | ${cell(reason)} | ${cell(cause)} |`,
      ),
    )
  const others = results.filter(({ verdict }) => verdict === 'unseen' || verdict === 'broken')
  if (others.length > 0)
    out.push(
      '',
      `<details><summary>Not judged: ${others.length}</summary>`,
      '',
      ...others.map(({ id, reason = '' }) => `- \`${id}\`: ${cell(reason)}`),
      '',
      '</details>',
    )
  for (const { profile, reason } of meta.unmet)
    out.push('', `Required, and not conformant as a whole: **${profile}** – ${cell(reason)}`)
  for (const id of judgement.stale) out.push('', `In the baseline, and passes: \`${cell(id)}\``)
  return out.join('\n') + '\n'
}
