import { CONTRACT_VERSION } from '@opsmantik/tracker/contract'
import { exitCode, type Judgement } from '../baseline.js'
import { printable } from '../../probe/printable.js'
import { curl } from '../../probe/curl.js'
import type { Exchange } from '../../probe/exchange.js'
import type { Result } from '../run.js'
import type { RunMeta } from './meta.js'

/** Characters of a body or a header, and headers, of one response. */
const SHOWN = 600
const HEADERS = 40

export interface TextOptions {
  color: boolean
  /** What was tried, as the first line says it. */
  target: string
  judgement: Judgement
  /** The verdict on each profile; without it the last line has the sum alone. */
  meta?: RunMeta | undefined
  /** A sentence on the rows that the run has left behind. */
  traces?: string | undefined
}

type Paint = (text: string) => string

const paints = (color: boolean): Record<'red' | 'green' | 'yellow' | 'dim' | 'bold', Paint> => {
  const paint = (code: number): Paint =>
    color ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text
  return { red: paint(31), green: paint(32), yellow: paint(33), dim: paint(2), bold: paint(1) }
}

const indent = (text: string, by = '      '): string => text.replaceAll(/^/gm, by)

const answerOf = ({ status, headers, text }: Exchange): string => {
  const lines = [...headers].slice(0, HEADERS).map(([name, value]) => `${name}: ${value}`)
  return [`${status}`, ...lines.map((line) => printable(line, SHOWN)), '', printable(text, SHOWN)]
    .join('\n')
    .trimEnd()
}

const describe = (result: Result, paint: ReturnType<typeof paints>): string => {
  const lines = [
    `${result.level === 'MUST' ? paint.red('✗') : paint.yellow('○')} ${paint.bold(result.id)}  ${result.level}, section ${result.section}: ${result.title}`,
    `    ${paint.red(printable(result.reason ?? ''))}`,
    `    Usually: ${result.cause}`,
  ]
  const telling = result.exchanges?.at(-1)
  if (telling)
    lines.push(
      '    Sent:',
      indent(curl(telling.request)),
      '    Came back:',
      indent(answerOf(telling)),
    )
  return lines.join('\n')
}

/** The report that a person reads. */
export const formatText = (results: readonly Result[], options: TextOptions): string => {
  const { judgement, target, traces } = options
  const paint = paints(options.color)
  const out = [`${paint.bold(`Conformance with contract ${CONTRACT_VERSION}`)} of ${target}`, '']
  const sections = [...new Set(results.map(({ section }) => section))]
  for (const section of sections) {
    const of = results.filter((result) => result.section === section)
    const passed = of.filter(({ verdict }) => verdict === 'passed').length
    const whole = passed === of.length
    out.push(
      `  section ${String(section).padStart(2)}  ${whole ? paint.green('✓') : ' '} ${passed} of ${of.length}`,
    )
  }
  const failed = results.filter(({ verdict }) => verdict === 'failed')
  if (failed.length > 0) out.push('', ...failed.flatMap((result) => [describe(result, paint), '']))
  const others = results.filter(({ verdict }) => verdict === 'unseen' || verdict === 'broken')
  if (others.length > 0) {
    out.push('', 'Not judged:')
    for (const { id, verdict, reason } of others)
      out.push(
        `  ${verdict === 'broken' ? paint.red('!') : paint.dim('–')} ${id}: ${printable(reason ?? '')}`,
      )
  }
  if (judgement.known.length > 0)
    out.push('', `Known failures (baseline): ${judgement.known.map(({ id }) => id).join(', ')}`)
  if (judgement.stale.length > 0)
    out.push(
      '',
      paint.red(`Fixed, but still in the baseline; remove them: ${judgement.stale.join(', ')}`),
    )
  if (traces) out.push('', traces)
  const passed = results.filter(({ verdict }) => verdict === 'passed').length
  const sum = `${passed} passed, ${failed.length} failed, ${others.length} not judged`
  const { meta } = options
  const code = exitCode(judgement, results, meta?.unmet)
  const words = ['Conformant', 'Not conformant', 'Could not be run to the end'][code]!
  const color = [paint.green, paint.red, paint.yellow][code]!
  for (const { profile, reason } of meta?.unmet ?? [])
    out.push(
      '',
      paint.red(`Required, and not conformant as a whole: ${profile}, ${printable(reason)}`),
    )
  out.push('', color(`${words}: ${sum}.`))
  if (meta) out.push(color(printable(meta.verdict)))
  return out.join('\n') + '\n'
}
