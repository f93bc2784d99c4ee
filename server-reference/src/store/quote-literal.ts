/**
 * Returns a text as a literal of SQL, in dollar quotes: nothing in it needs an escape, whatever
 * `standard_conforming_strings` is, and a batch of requests, full of quotes and backslashes, is not copied character
 * by character. The tag is one that the text does not have.
 *
 * @throws if the text has a NUL, which Postgres cannot store
 */
export const quoteLiteral = (text: string): string => {
  if (text.includes('\0')) throw new Error('a NUL cannot be part of a literal')
  let tag = '$json$'
  for (let n = 0; text.includes(tag); n++) tag = `$json${n}$`
  return tag + text + tag
}
