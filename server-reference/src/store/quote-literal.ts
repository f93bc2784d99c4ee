/**
 * Returns a text as a literal of SQL, in dollar quotes: nothing in it needs an escape, whatever
 * `standard_conforming_strings` is, and a batch of requests, full of quotes and backslashes, is not copied character
 * by character.
 *
 * @throws if the text has a NUL, which Postgres cannot store
 */
export const quoteLiteral = (text: string): string => {
  if (text.includes('\0')) throw new Error('a NUL cannot be part of a literal')
  let tag = '$json$'
  for (let n = 0; isEndedBy(text, tag); n++) tag = `$json${n}$`
  return tag + text + tag
}

/** Tells whether the literal would end too early: the tag is in the text, or begins in it and ends with the closing tag. */
const isEndedBy = (text: string, tag: string): boolean =>
  text.includes(tag) || text.endsWith(tag.slice(0, -1))
