import { randomBytes } from 'node:crypto'

/** Bytes of a payload's part; Postgres refuses payloads of 8,000 and more. */
const PART_BYTES = 7_900
const PIECE = /^([\da-f]{12})\.(\d{1,3}):(.*)$/s
/** Pieces of one text; a text of the channel has fewer. */
const MAX_PIECES = 256

/**
 * Returns the payloads that a text is sent as. They are ASCII, so that a text may be cut anywhere. Each piece begins with
 * a word of its text's own and the number of pieces that follow.
 */
export const piecesOf = (json: string): string[] => {
  const text = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'),
  )
  const word = randomBytes(6).toString('hex')
  const count = Math.max(1, Math.ceil(text.length / PART_BYTES))
  return Array.from({ length: count }, (_, index) => {
    const part = text.slice(index * PART_BYTES, (index + 1) * PART_BYTES)
    return `${word}.${count - 1 - index}:${part}`
  })
}

/**
 * Puts texts together again. One transaction's notifications arrive in order and together, so a piece either begins a
 * text or follows the one before it. Anything else, and anything too large, is dropped, because any role can send
 * notifications.
 */
export const reassemble = (onText: (text: string) => void): ((payload: string) => void) => {
  let parts: string[] = []
  let expected = ''
  return (payload) => {
    const [, word = '', digits = '', part = ''] = PIECE.exec(payload) ?? []
    const left = Number(digits)
    if (`${word}.${left}` !== expected) parts = []
    if (word === '' || left >= MAX_PIECES) {
      expected = ''
      return
    }
    parts.push(part)
    expected = `${word}.${left - 1}`
    if (left > 0) return
    const text = parts.join('')
    parts = []
    expected = ''
    onText(text)
  }
}
