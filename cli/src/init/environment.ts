import type { Draft } from './draft.js'
import type { Answers } from './plan.js'

/** Characters that every reader of such files takes literally, without quotes. */
const PLAIN = /^[\w.+/=~:@-]+$/

const COVERS: Record<string, RegExp> = {
  '.env': /^\/?\.env\*?\s*$/m,
  '.env.local': /^\/?(?:\.env\*|\.env\.local|\.env\*\.local|\*\.local|\.env\.\*)\s*$/m,
  '.dev.vars': /^\/?\.dev\.vars\*?\s*$/m,
}

const atEnd = (text: string, line: string) => [
  { at: text.length, text: `${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n` },
]

/** Plans a line at the end of a file, or the file. */
const append = (draft: Draft, path: string, line: string): void => {
  if (draft.project.has(path)) draft.insert(path, (text) => atEnd(text, line), '')
  else draft.create(path, `${line}\n`)
}

/** Plans the secret's entry in a file that git ignores, and git's entry for it if there is none. */
export const putSecret = (
  draft: Draft,
  { secret }: Answers,
  path: '.env' | '.env.local' | '.dev.vars',
  folder = '',
): void => {
  const { project, byHand } = draft
  const file = folder + path
  const ignore = `${folder}.gitignore`
  const isIgnored = project.has(ignore) && COVERS[path]!.test(project.read(ignore))
  // First: a secret is never in a file that git would take.
  if (!isIgnored) append(draft, ignore, path)
  if (project.has(file) && /^\s*(?:export\s+)?OPS_SECRET\s*=/m.test(project.read(file))) {
    byHand(`${file} has an OPS_SECRET already; it is left as it is.`)
    return
  }
  const isPlain = secret !== undefined && PLAIN.test(secret)
  append(draft, file, `OPS_SECRET=${isPlain ? secret : ''}`)
  if (!isPlain)
    byHand(
      `Write the site's secret behind OPS_SECRET= in ${file}. Until then events wait on the visitors' devices.`,
    )
}
