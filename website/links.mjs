/** @typedef {{ href: string, start: number, end: number }} Link where the address stands in the text */

/** The same text with code, fenced or in line, and comments blanked: what stands there is no link and no heading. @param {string} text */
export function withoutCode(text) {
  const blank = (/** @type {string} */ part) => part.replaceAll(/[^\n]/g, ' ')
  return text
    .replaceAll(/^([ \t]*)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2[ \t]*$/gm, blank)
    .replaceAll(/<!--[\s\S]*?-->/g, blank)
    .replaceAll(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, blank)
}

/** @param {string} text @returns {Link[]} */
export function linksIn(text) {
  const links = []
  for (const match of withoutCode(text).matchAll(/\]\(\s*<?([^)\s>]+)/g)) {
    const end = match.index + match[0].length
    const start = end - (match[1] ?? '').length
    links.push({ href: text.slice(start, end), start, end })
  }
  return links
}

/** Ends up in another place than this repository. @param {string} href */
export const isAway = (href) => /^[a-z][a-z+.-]*:|^\/\//i.test(href)

/** The anchor of a heading, as GitHub makes it; the site is told to make the same. @param {string} heading */
export const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')

/** Every anchor of a page. @param {string} text @returns {Set<string>} */
export function anchorsIn(text) {
  const lines = text.split('\n')
  const bare = withoutCode(text).split('\n')
  /** @type {Set<string>} */
  const anchors = new Set()
  lines.forEach((line, index) => {
    if (!/^#{1,6} /.test(bare[index] ?? '')) return
    const words = line.replace(/^#+ /, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = slugify(words.replaceAll('`', '').replaceAll('*', ''))
    let free = slug
    for (let again = 1; anchors.has(free); again++) free = `${slug}-${again}`
    anchors.add(free)
  })
  return anchors
}

/** A page's title: its first heading of the first level. @param {string} text */
export function titleOf(text) {
  const lines = text.split('\n')
  const bare = withoutCode(text).split('\n')
  const at = bare.findIndex((line) => line.startsWith('# '))
  return at < 0 ? undefined : lines[at]?.slice(2).trim()
}
