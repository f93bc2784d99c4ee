import type { LiveMessage } from '@opsmantik/tracker/contract'
import { positionOf } from './position.js'

/** Characters of a message of a kind that only a newer process knows, as JSON. */
const UNKNOWN_MAX = 65_536

type Check = (value: unknown) => boolean
const text =
  (max: number): Check =>
  (value) =>
    typeof value === 'string' && value.length <= max
const integer =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const nullable =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const uuid: Check = (value) =>
  typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)
const time = integer(0, 8_640_000_000_000_000)
/** Limits of the contract count code points; a string may have two units for each. */
const chars = (max: number): Check => text(2 * max)

/** The fields of each kind of message, and what they may hold. */
const FIELDS: Record<string, Record<string, Check>> = {
  call: {
    id: (value) => typeof value === 'string' && positionOf(value)?.callId != null,
    at: time,
    call_id: uuid,
    session_id: nullable(chars(128)),
    site_id: uuid,
    status: (value) => value === 'matched' || value === 'unmatched',
    endpoint: text(64),
    action: nullable(chars(32)),
    target: nullable(chars(512)),
    page_url: nullable(chars(2048)),
    occurred_at: optional(time),
    matched_later: optional((value) => value === true),
  },
  refused: {
    id: text(64),
    at: time,
    status: integer(400, 599),
    code: text(64),
    endpoint: text(64),
    origin: optional(text(256)),
    hint: text(2048),
  },
  sync: {
    id: text(64),
    at: time,
    site_id: uuid,
    accepted: integer(1, 1_000),
    page_url: chars(2048),
  },
}

/**
 * Returns a message that another process claims to have sent, with the fields that its kind has and no others, or null.
 * Anyone who can write to the channel may have sent it. A kind that only a newer process knows is passed on whole, if
 * it is not large.
 *
 * @param isDetailed whether a message may bring the detail of its request (development)
 */
export const parseMessage = (value: unknown, isDetailed: boolean): LiveMessage | null => {
  if (typeof value !== 'object' || value === null) return null
  const sent = value as Record<string, unknown>
  const { type } = sent
  if (typeof type !== 'string' || !/^[a-z_]{1,32}$/.test(type)) return null
  const fields = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined
  if (fields === undefined) return unknownMessage(sent)
  const message: Record<string, unknown> = { type }
  for (const [name, check] of Object.entries(fields)) {
    const field = Object.hasOwn(sent, name) ? sent[name] : undefined
    if (!check(field)) return null
    if (field !== undefined) message[name] = field
  }
  if (isDetailed && typeof sent.detail === 'object' && sent.detail !== null)
    message.detail = sent.detail
  return message as unknown as LiveMessage
}

const unknownMessage = (sent: Record<string, unknown>): LiveMessage | null => {
  if (!text(64)(sent.id) || !time(sent.at)) return null
  return JSON.stringify(sent).length <= UNKNOWN_MAX ? (sent as unknown as LiveMessage) : null
}
