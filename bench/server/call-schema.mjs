// The body of a call event, as a developer writes it after reading section 6 of the contract.
import { z } from 'zod'

const text = (/** @type {number} */ max) => z.string().max(max)
export const callSchema = z.object({
  site_id: text(64),
  fingerprint: text(128).min(1),
  event_id: z.uuid(),
  intent_action: text(32).optional(),
  intent_target: text(512).optional(),
  intent_stamp: text(128).optional(),
  intent_page_url: text(2048).optional(),
  phone_number: text(256).nullish(),
  action: text(32).nullish(),
  url: text(2048).nullish(),
  ua: text(512).nullish(),
  click_id: text(256).nullish(),
  gclid: text(256).nullish(),
  wbraid: text(256).nullish(),
  gbraid: text(256).nullish(),
  value: z.union([z.number(), z.string(), z.null()]).optional(),
})

/** Columns of public.calls that an event fills, with their types. */
export const CALL_COLUMNS = /** @type {const} */ ([
  ['event_id', 'uuid'],
  ['fingerprint', 'text'],
  ['intent_action', 'text'],
  ['intent_target', 'text'],
  ['intent_stamp', 'text'],
  ['intent_page_url', 'text'],
  ['phone_number', 'text'],
  ['action', 'text'],
  ['url', 'text'],
  ['ua', 'text'],
  ['click_id', 'text'],
  ['gclid', 'text'],
  ['wbraid', 'text'],
  ['gbraid', 'text'],
  ['value', 'numeric'],
])
