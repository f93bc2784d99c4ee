/**
 * Returns a statement with a text in it as a literal, in dollar quotes: nothing in it needs an escape, whatever
 * `standard_conforming_strings` is, and a batch of requests, full of quotes and backslashes, is not copied character
 * by character.
 *
 * @param before what comes before the literal
 * @param after what comes behind it
 * @throws if the text has a NUL, which Postgres cannot store
 */
export const withLiteral = (before: string, text: string, after: string): string => {
  for (let tag = '$json$', n = 0; ; tag = `$json${n++}$`) {
    const statement = before + tag + text + tag + after
    const from = before.length + tag.length
    // The first place where the tag comes again must be the one that ends the literal. Searched in the whole statement,
    // because joining the text for a separate search would copy it again.
    if (statement.indexOf(tag, from) !== from + text.length) continue
    const nul = statement.indexOf('\0', from)
    if (nul === -1) return statement
    throw new Error('a NUL cannot be part of a literal')
  }
}
