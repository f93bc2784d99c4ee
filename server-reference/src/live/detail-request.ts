import { CALL_FIELDS, SITE_ID_HEADER, type CallEvent } from '@opsmantik/tracker/contract'
import { decodeBody } from '../http/decode-body.js'
import type { RequestContext } from '../http/request-context.js'
import type { DetailBody, DetailHeader } from './detail.js'

const BODY_SHOWN = 4_096
/** Three bytes become four letters. */
const BINARY_SHOWN = 3_072
const HEADER_SHOWN = 1_024
const HEADERS_SHOWN = 4_096
const SITE_SHOWN = 64

/** Nothing of ours is a secret that travels in a header, but other people's cookies and keys are. */
const SECRET_NAME = /auth|cookie|token|secret|password|api-?key|session|credential/i

const withoutTokens = (text: string): string =>
  text
    .replace(/([?&](?:live_)?token=)[^&\s#]*/gi, '$1…')
    // The live feed's token travels as a subprotocol.
    .replace(/\btoken\.[^\s,]+/g, 'token.…')

/** Returns path and query of the request. */
export const targetOf = ({ target }: RequestContext): string =>
  withoutTokens(target).slice(0, HEADER_SHOWN)

/** Returns the headers as received, repeated ones twice; bounded, and without secrets. */
export const headersOf = (
  context: RequestContext,
): { headers: DetailHeader[]; headersLeftOut: number } => {
  const received = context.headerPairs()
  const headers: DetailHeader[] = []
  let room = HEADERS_SHOWN
  for (const [name, raw] of received) {
    const isSecret = SECRET_NAME.test(name)
    const value = isSecret ? '' : withoutTokens(raw)
    const isHidden = isSecret || value !== raw
    const shown = value.slice(0, HEADER_SHOWN)
    room -= name.length + shown.length
    if (room < 0) break
    const hidden = isHidden ? 'secret' : shown.length < value.length ? 'long' : undefined
    headers.push({ name, value: shown, ...(hidden && { hidden }) })
  }
  return { headers, headersLeftOut: received.length - headers.length }
}

/** Returns the beginning of the body, or the reason for its absence. */
export const bodyOf = (context: RequestContext): DetailBody => {
  const { body, refusal } = context
  if (body !== undefined) return shown(body)
  if (context.method !== 'POST') return { state: 'none' }
  const length = context.header('content-length') ?? ''
  const declared = /^\d{1,15}$/.test(length) ? Number(length) : null
  if (refusal === 'BAD_REQUEST') return { state: 'broken off' }
  return { state: refusal === 'PAYLOAD_TOO_LARGE' ? 'too large' : 'unread', declared }
}

const shown = (bytes: Uint8Array): DetailBody => {
  const isText = decodeBody(bytes) !== null
  const part = bytes.subarray(0, isText ? BODY_SHOWN : BINARY_SHOWN)
  const about = { state: 'read', bytes: bytes.length, cut: part.length < bytes.length } as const
  if (!isText) return { ...about, base64: btoa(String.fromCharCode(...part)) }
  // Streaming: a character that the cut went through is left out, not replaced.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(part, { stream: true })
  return { ...about, text }
}

/** Fields that a call's message has under a separate name, or that mean nothing to a reader. */
const SHOWN_ELSEWHERE = new Set(
  (
    'site_id fingerprint event_id intent_stamp ua ' +
    'intent_action action intent_target phone_number intent_page_url url'
  ).split(' '),
)
const FURTHER = (Object.keys(CALL_FIELDS) as (keyof CallEvent)[]).filter(
  (name) => !SHOWN_ELSEWHERE.has(name),
)
const FIELD_SHOWN = 128

/** Returns the fields of a call event that its message does not have, such as click ids. */
export const fieldsOf = (event: CallEvent | undefined): [name: string, value: string][] =>
  FURTHER.flatMap((name): [string, string][] => {
    const value = event?.[name] ?? null
    return value === null ? [] : [[name, String(value).slice(0, FIELD_SHOWN)]]
  })

/** Returns the site that the request names in its header or in its body, unverified. */
export const claimedSiteOf = (context: RequestContext): string | null => {
  const claimed = context.header(SITE_ID_HEADER.toLowerCase()) ?? namedIn(context.body)
  return typeof claimed === 'string' && claimed !== '' ? claimed.slice(0, SITE_SHOWN) : null
}

const namedIn = (body: Uint8Array | undefined): unknown => {
  try {
    const value: unknown = JSON.parse(decodeBody(body ?? new Uint8Array()) ?? '')
    const first: unknown = Reflect.get(Object(value), 'events')?.[0] ?? value
    return Reflect.get(Object(first), 'site_id') ?? Reflect.get(Object(first), 's')
  } catch {
    return undefined
  }
}
