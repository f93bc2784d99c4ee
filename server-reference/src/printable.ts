/**
 * Characters that steer a terminal or reorder a line instead of being shown: controls (C0, DEL, C1), separators of lines
 * and paragraphs, bidirectional controls, interlinear annotations, and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufff9-\ufffb\p{Cs}]/gu
/** Most texts: a log line costs a tenth of a microsecond. */
const PLAIN = /^[\x20-\x7e]*$/
const PLAIN_LINES = /^[\x20-\x7e\n]*$/

/**
 * Returns `text` with each unprintable character as `\u009b`, so that received text cannot move a cursor, colour a
 * terminal or forge a line. Inside JSON text that escape still means the character itself.
 */
export const printable = (text: string): string =>
  PLAIN.test(text) ? text : text.replace(UNPRINTABLE, escaped)

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Returns the same for a text of several lines, whose line feeds stay. */
export const printableLines = (text: string): string =>
  PLAIN_LINES.test(text) ? text : text.split('\n').map(printable).join('\n')
