/**
 * Characters that do something to a terminal, to a line or to the reader instead of being seen: C0, DEL and C1 controls,
 * line and paragraph separators, marks that change the direction of text or have no width, lone surrogates, tags and
 * non-characters.
 */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- these very characters
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\u{e0000}-\u{e007f}]|\p{Cs}/gu
const LINE_BREAK = /\r?\n/

const escape = (char: string): string => {
  const hex = char.codePointAt(0)!.toString(16)
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`
}

/** Characters of one foreign text that a report shows. */
export const SHOWN_MAX = 2_000

/**
 * Returns text from outside as one line that can be written to a terminal or a report: characters that would not be seen
 * become `\u001b` and the like, and what is too long is cut.
 *
 * @param max characters
 */
export const printable = (text: string, max: number = SHOWN_MAX): string => {
  const cut = text.length > max ? `${text.slice(0, max)}… (${text.length} characters)` : text
  return cut.replaceAll(UNSEEN, escape)
}

/** `printable` for text of several lines, which stay lines. */
export const printableLines = (text: string, max: number = SHOWN_MAX): string =>
  text
    .slice(0, 50 * max)
    .split(LINE_BREAK)
    .map((line) => printable(line, max))
    .join('\n')

/** Returns whether text can be printed as it is. */
export const isPrintable = (text: string): boolean => text.search(UNSEEN) < 0

/** Returns JSON that holds none of these characters either: inside strings they become escapes. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll(UNSEEN, (char) =>
    char === '\n'
      ? char
      : Array.from(
          { length: char.length },
          (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  )
