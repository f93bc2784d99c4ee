import { PROXY_PATH, scriptTag } from '@opsmantik/tracker/setup'
import type { Draft } from './draft.js'
import { lineBefore } from './places.js'
import type { Answers, Insertion } from './plan.js'

export { PROXY_PATH }
export const SCRIPT_PATH = '/ops/core.js'

const TEMPLATES = /\.(?:html?|ejs|hbs|handlebars|njk|liquid|eta|jade|pug)$/i

/** Returns the script tag for a site. */
export const tagOf = ({ siteId }: Answers, src: string): string => scriptTag(siteId, src)

/** Returns where a tag goes in HTML: at the end of the head, or of the body. */
export const inHtml = (text: string, tag: string): Insertion[] | undefined => {
  const end = /<\/head>/i.exec(text) ?? /<\/body>/i.exec(text)
  return end ? [lineBefore(text, end.index, tag, '  ')] : undefined
}

/** Returns where a tag goes in a Pug template: the first line of its head. */
const inPug = (text: string, answers: Answers, src: string): Insertion[] | undefined => {
  const head = /^([ \t]*)head[ \t]*\n/m.exec(text)
  if (!head) return undefined
  const step = /^[ \t]+/.exec(text.slice(head.index + head[0].length))?.[0] ?? `${head[1]}  `
  const line = `script(async src='${src}' data-ops-site-id='${answers.siteId}' data-ops-proxy-url='${PROXY_PATH}')`
  return [{ at: head.index + head[0].length, text: `${step}${line}\n` }]
}

/** Plans the tag for every page and layout that these folders have; says what to paste if there are none. */
export const putTags = (draft: Draft, answers: Answers, folders: string[], src: string): void => {
  const tag = tagOf(answers, src)
  const find = (path: string) => (text: string) =>
    /\.(?:jade|pug)$/i.test(path) ? inPug(text, answers, src) : inHtml(text, tag)
  const paths = new Set(folders.flatMap((folder) => draft.project.files(folder, TEMPLATES)))
  const pages = [...paths].filter((path) => find(path)(draft.project.read(path)))
  for (const path of pages) draft.insert(path, find(path), '')
  if (pages.length === 0)
    draft.byHand(
      `No page was found to put the tag in. It belongs in the head of every page:\n    ${tag}`,
    )
}
