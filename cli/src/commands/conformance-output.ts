import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  formatBadge,
  formatHtml,
  formatJson,
  formatJunit,
  formatMarkdown,
  formatTap,
  type Judgement,
  type Result,
  type RunMeta,
} from '../conformance/index.js'
import { Usage } from './usage.js'

/** A run that has ended. */
export interface Finished {
  target: string
  results: Result[]
  judgement: Judgement
  meta: RunMeta
  code: 0 | 1 | 2
}

type Format = 'html' | 'junit' | 'json' | 'tap' | 'markdown' | 'badge'

/** Writes a run in one of the formats. */
export const formatRun = (
  format: Format,
  { results, target, judgement, meta, code }: Finished,
): string => {
  switch (format) {
    case 'html':
      return formatHtml(results, target, judgement, meta)
    case 'junit':
      return formatJunit(results, judgement, meta)
    case 'json':
      return formatJson(results, target, judgement, meta)
    case 'tap':
      return formatTap(results, judgement, meta)
    case 'markdown':
      return formatMarkdown(results, target, judgement, meta)
    case 'badge':
      return formatBadge(meta, code === 0)
  }
}

const FORMATS: [end: string, format: Format][] = [
  ['badge.json', 'badge'],
  ['.html', 'html'],
  ['.xml', 'junit'],
  ['.json', 'json'],
  ['.tap', 'tap'],
  ['.md', 'markdown'],
]

/** Returns the format that a file's name asks for. @throws Usage for another name */
export const formatOf = (file: string): Format => {
  const found = FORMATS.find(([end]) => file.endsWith(end))
  if (!found)
    throw new Usage(
      `--output ${JSON.stringify(file)} should end in ${FORMATS.map(([end]) => end).join(', ')}`,
    )
  return found[1]
}

/** Writes a report to each file, whose folders it creates. */
export const writeReports = (files: readonly string[], finished: Finished): void => {
  for (const file of files) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, formatRun(formatOf(file), finished))
  }
}
