import { printable, printableLines } from '../../probe/printable.js'
import type { Diagnosis, Finding, Severity } from '../types.js'

const COLOR: Record<Severity, number> = { error: 31, warning: 33, ok: 32 }
const LABEL: Record<Severity, string> = { error: 'ERROR', warning: 'WARNING', ok: 'ok' }

const indent = (label: string, text: string | null): string[] =>
  text === null || text === ''
    ? []
    : text.split('\n').map((line, i) => `    ${i === 0 ? label.padEnd(8) : ' '.repeat(8)}${line}`)

/** The report for a terminal: what explains most of it, the verdict, then each finding with what to change, then what is well. */
export const formatDiagnosis = (
  diagnosis: Diagnosis,
  { color = false }: { color?: boolean } = {},
): string => {
  const paint = (code: number, text: string): string =>
    color ? `\u001b[${code}m${text}\u001b[0m` : text
  if (diagnosis.exitCode === 2)
    return [
      paint(31, printableLines(diagnosis.verdict)),
      ...diagnosis.problems.map((problem) => `  ${printableLines(problem)}`),
      '',
    ].join('\n')
  const block = (finding: Finding): string[] => [
    '',
    `${paint(COLOR[finding.severity], LABEL[finding.severity])}  ${finding.id}${finding.whose === null ? '' : `  (${finding.whose})`}`,
    `    ${printableLines(finding.title)}.`,
    ...indent('change', finding.fix === null ? null : printableLines(finding.fix)),
    ...indent('seen', printableLines(finding.seen)),
    ...indent('by', finding.request === null ? null : printableLines(finding.request)),
    ...indent(
      'then',
      finding.check === null
        ? null
        : printableLines(
            finding.request !== null && finding.check.startsWith(`${finding.request}   #`)
              ? `the same line${finding.check.slice(finding.request.length)}`
              : finding.check,
          ),
    ),
  ]
  const bad = diagnosis.findings.filter(({ severity }) => severity !== 'ok')
  const good = diagnosis.findings.filter(({ severity }) => severity === 'ok')
  return [
    ...(diagnosis.obstacle === null
      ? []
      : [paint(COLOR.error, printableLines(diagnosis.obstacle.message)), '']),
    paint(COLOR[bad[0]?.severity ?? 'ok'], printableLines(diagnosis.verdict)),
    ...bad.flatMap(block),
    ...(good.length > 0 ? [''] : []),
    ...good.map(
      ({ id, title, seen }) =>
        `${paint(COLOR.ok, LABEL.ok)}  ${id}: ${printableLines(title)}${seen === '' ? '' : ` (${printableLines(seen)})`}`,
    ),
    '',
    `${printable(diagnosis.origin)} to ${printable(diagnosis.consoleUrl)}${diagnosis.proxyUrl === null ? '' : ` through ${printable(diagnosis.proxyUrl)}`}, ${diagnosis.at}, ${(diagnosis.tookMs / 1000).toFixed(1)} s`,
    '',
  ].join('\n')
}
