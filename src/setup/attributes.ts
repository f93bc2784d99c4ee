const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&#039;': "'",
  '&lt;': '<',
  '&gt;': '>',
}

export const withoutComments = (html: string): string => html.replaceAll(/<!--[^]*?-->/g, '')

/** Returns the attributes of a start tag, with names in lower case; the first of two with one name counts, as in HTML. */
export const attributesOf = (tag: string): Map<string, string> => {
  const found = new Map<string, string>()
  const inside = tag.replace(/^<[^\s/>]+/, '').replace(/\/?>$/, '')
  for (const [, name, , double, single, bare] of inside.matchAll(
    /([^\s"'<>/=]+)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g,
  )) {
    const value = double ?? single ?? bare ?? ''
    if (!found.has(name!.toLowerCase()))
      found.set(
        name!.toLowerCase(),
        value.replaceAll(/&(?:amp|quot|apos|#0?39|lt|gt);/g, (entity) => ENTITIES[entity]!),
      )
  }
  return found
}
