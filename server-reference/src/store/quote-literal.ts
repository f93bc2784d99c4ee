/**
 * Returns a text as a literal of SQL. In an escape string (`E'…'`) a backslash means the same whatever
 * `standard_conforming_strings` is, which a database, a role or another client of a pooler can turn off.
 *
 * @throws if the text has a NUL, which Postgres cannot store
 */
export const quoteLiteral = (text: string): string => {
  if (text.includes('\0')) throw new Error('a NUL cannot be part of a literal')
  return `E'${text.replace(/['\\]/g, '$&$&')}'`
}
