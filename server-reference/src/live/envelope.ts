import type { LiveMessage } from '@opsmantik/tracker/contract'
import { parseMessage } from './parse-message.js'

/** Characters of one text on the channel. */
export const ENVELOPE_MAX = 262_144
/** Messages in one text. */
const MAX_MESSAGES = 500
const WORD = /^[\w-]{1,64}$/

/** A message from one process to the others. */
export interface Envelope {
  /** The process. */
  from: string
  /** A word that the sender expects to receive back; `isReading` is true if the sender has readers of the feed. */
  hello?: { word: string; isReading: boolean }
  messages: LiveMessage[]
}

/** Returns the text of what a process tells the others. */
export const writeEnvelope = (
  from: string,
  content: { hello?: Envelope['hello'] } | { messages: readonly string[] },
): string =>
  'messages' in content
    ? `{"from":${JSON.stringify(from)},"messages":[${content.messages.join()}]}`
    : JSON.stringify({ from, ...content })

/** Returns the valid parts of a text, or null; the text is untrusted. Never throws. */
export const readEnvelope = (text: string, isDetailed: boolean): Envelope | null => {
  if (text.length > ENVELOPE_MAX) return null
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof parsed !== 'object' || parsed === null) return null
  const { from, hello, messages } = parsed as Record<string, unknown>
  if (typeof from !== 'string' || !WORD.test(from)) return null
  const heard = helloIn(hello)
  const list = Array.isArray(messages) ? (messages as unknown[]).slice(0, MAX_MESSAGES) : []
  return {
    from,
    ...(heard && { hello: heard }),
    messages: list.flatMap((message) => parseMessage(message, isDetailed) ?? []),
  }
}

const helloIn = (value: unknown): Envelope['hello'] => {
  if (typeof value !== 'object' || value === null) return undefined
  const { word, isReading } = value as Record<string, unknown>
  if (typeof word !== 'string' || !WORD.test(word)) return undefined
  return { word, isReading: isReading === true }
}
