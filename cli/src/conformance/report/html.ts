import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import type { Judgement } from '../baseline.js'
import { printable, printableLines } from '../../probe/printable.js'
import { curl } from '../../probe/curl.js'
import type { Exchange } from '../../probe/exchange.js'
import { profileOf } from '../profiles.js'
import type { Result } from '../run.js'
import type { RunMeta } from './meta.js'

/** Characters of a body, and exchanges of a check, that a report holds. */
const SHOWN = 4_000
const EXCHANGES = 4

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --dim: #767676 }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere }
details { border-bottom: 1px solid var(--line); padding: .3rem 0 } summary { cursor: pointer }
.failed summary b { color: var(--bad) } .passed summary b { color: var(--good) } .verdict { font-size: 1.2rem }
.dim { color: var(--dim) } dt { font-weight: 600 } dd { margin: 0 0 .5rem }
`

const exchangeOf = (x: Exchange): string => {
  const head = [`${x.status}`, ...[...x.headers].map(([name, value]) => `${name}: ${value}`)]
  return `<dt>Sent</dt><dd><pre>${escape(printableLines(curl(x.request)))}</pre></dd>
<dt>Received</dt><dd><pre>${escape(head.map((line) => printable(line, SHOWN)).join('\n'))}

${escape(printable(x.text, SHOWN))}</pre></dd>`
}

const MARKS = { passed: '✓', failed: '✗', unseen: '–', broken: '!' } as const

const checkOf = (result: Result, isKnown: boolean): string => {
  const { id, level, section, title, verdict, reason, cause, exchanges = [] } = result
  const facts = [
    reason && `<dt>What was found</dt><dd>${escape(printable(reason, SHOWN))}</dd>`,
    cause && `<dt>What it usually means</dt><dd>${escape(cause)}</dd>`,
    ...exchanges.slice(-EXCHANGES).map(exchangeOf),
  ].filter(Boolean)
  const words = `<b>${MARKS[verdict]} ${escape(id)}</b> <span class="dim">${level}, section ${section}, ${profileOf(id)}${isKnown ? ', known' : ''}</span><br>${escape(title)}`
  return facts.length > 0
    ? `<details class="${verdict}"${verdict === 'failed' ? ' open' : ''}><summary>${words}</summary><dl>${facts.join('\n')}</dl></details>`
    : `<details class="${verdict}"><summary>${words}</summary></details>`
}

/** One page without scripts or anything from elsewhere: what was sent, what was received, what it means. */
export const formatHtml = (
  results: readonly Result[],
  target: string,
  judgement: Judgement,
  meta: RunMeta,
): string => {
  const order = ['failed', 'broken', 'unseen', 'passed'] as const
  const groups = order.flatMap((verdict) => {
    const own = results.filter((result) => result.verdict === verdict)
    const titles = {
      failed: 'Failed',
      broken: 'Could not be run',
      unseen: 'Not looked at',
      passed: 'Passed',
    }
    return own.length === 0
      ? []
      : [
          `<h2>${titles[verdict]} (${own.length})</h2>`,
          ...own.map((result) => checkOf(result, judgement.known.includes(result))),
        ]
  })
  const rows = meta.profiles.map(
    ({ profile, verdict, passed, failed, missing }) =>
      `<tr><td>${profile}</td><td>${verdict}</td><td>${passed}</td><td>${failed}</td><td>${missing.length}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Conformance with contract ${CONTRACT_VERSION}: ${escape(printable(target))}</title>
<style>${STYLE}</style>
<h1>Conformance with contract ${CONTRACT_VERSION}</h1>
<p class="verdict"><strong>${escape(meta.verdict)}</strong></p>
<p>${escape(printable(target))}<br><span class="dim">kit ${escape(meta.kit)}, ${escape(meta.startedAt)}, ${(meta.tookMs / 1_000).toFixed(1)} s${meta.requests === undefined ? '' : `, ${meta.requests} requests`}</span></p>
${meta.unmet.map(({ profile, reason }) => `<p>Required, and not conformant as a whole: <b>${profile}</b>, ${escape(printable(reason))}</p>`).join('\n')}
${judgement.stale.map((id) => `<p>In the baseline, and passes: <b>${escape(printable(id))}</b></p>`).join('\n')}
<table><tr><th>Profile<th>CheckVerdict<th>Passed<th>Failed<th>Not judged</tr>
${rows.join('\n')}
</table>
${groups.join('\n')}
</html>
`
}
