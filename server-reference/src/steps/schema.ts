import { z } from '@hono/zod-openapi'
import { FIELD_MAX, META_MAX_BYTES, SYNC_BATCH_MAX, UUID } from '@opsmantik/tracker/contract'
import { unstorable } from './unstorable.js'

/** A text that Postgres can store. Lengths are in characters (code points), as in JSON Schema. */
const text = (max: number, min = 0) =>
  z
    .string()
    // Not superRefine, which makes a function for each value.
    .check(({ value, issues }) => {
      const problem = unstorable(value) ?? wrongLength(value, min, max)
      if (problem !== null) issues.push({ code: 'custom', message: problem, input: value })
    })
    .openapi(min > 0 ? { minLength: min, maxLength: max } : { maxLength: max })

const wrongLength = (value: string, min: number, max: number): string | null => {
  if (value.length < min) return `must have at least ${min} character${min === 1 ? '' : 's'}`
  // No text has more characters than UTF-16 units: most need no count.
  return value.length > max && [...value].length > max
    ? `must have at most ${max} characters`
    : null
}

/** What Postgres reads as numeric: no Infinity, no NaN, no exponent that would fill a disk. */
const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/
const NOT_NUMERIC = 'must be a finite number, a numeric string or null'
const isNumeric = (value: string): boolean =>
  value.length <= FIELD_MAX.value && NUMERIC.test(value) && Number.isFinite(Number(value))
const numericText = z
  .string()
  .refine(isNumeric, NOT_NUMERIC)
  .openapi({ maxLength: FIELD_MAX.value, pattern: NUMERIC.source })
const numeric = z.union([z.number(), numericText, z.null()], { error: NOT_NUMERIC })

const uuid = z
  .string()
  .regex(UUID, 'must be a UUID')
  .transform((value) => value.toLowerCase())
  .openapi({ type: 'string', format: 'uuid' })

const optional = (max: number) => text(max).optional()
const nullable = (max: number) => text(max).nullish()

/** A call event (contract section 6). Unknown fields are dropped. */
export const callEventSchema = z
  .object({
    site_id: text(FIELD_MAX.site_id),
    fingerprint: text(FIELD_MAX.fingerprint, 1),
    event_id: uuid.optional(),
    intent_action: optional(FIELD_MAX.intent_action),
    intent_target: optional(FIELD_MAX.intent_target),
    intent_stamp: optional(FIELD_MAX.intent_stamp),
    intent_page_url: optional(FIELD_MAX.intent_page_url),
    phone_number: nullable(FIELD_MAX.phone_number),
    action: nullable(FIELD_MAX.action),
    url: nullable(FIELD_MAX.url),
    ua: nullable(FIELD_MAX.ua),
    click_id: nullable(FIELD_MAX.click_id),
    gclid: nullable(FIELD_MAX.gclid),
    wbraid: nullable(FIELD_MAX.wbraid),
    gbraid: nullable(FIELD_MAX.gbraid),
    value: numeric.optional(),
  })
  .openapi('CallEvent')

const META_EXAMPLE = { fp: 'a3f1' }

/** An object of at most 4 KiB without what Postgres cannot store; `fp` is a fingerprint. */
const meta = z
  .unknown()
  .superRefine((value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: 'must be an object' })
      return
    }
    const problem = unstorable(value)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
    else if (new TextEncoder().encode(JSON.stringify(value)).length > META_MAX_BYTES)
      context.addIssue({ code: 'custom', message: `must be at most ${META_MAX_BYTES} bytes` })
    const fp: unknown = Object.hasOwn(value, 'fp') ? Reflect.get(value, 'fp') : undefined
    if (fp === undefined) return
    if (typeof fp !== 'string' || fp === '' || [...fp].length > FIELD_MAX.fingerprint)
      context.addIssue({
        code: 'custom',
        path: ['fp'],
        message: `must be a string of 1 to ${FIELD_MAX.fingerprint} characters`,
      })
  })
  .transform((value) => value as { fp?: string } & Record<string, unknown>)
  .openapi({ type: 'object', properties: { fp: { type: 'string' } }, example: META_EXAMPLE })

/** A page or session event (contract section 10). */
export const syncEventSchema = z
  .object({
    s: text(FIELD_MAX.site_id),
    u: text(FIELD_MAX.url),
    sid: text(128, 1),
    sm: z
      .string()
      .regex(/^(?!0000)\d{4}-(0[1-9]|1[0-2])-01$/, 'must be the first of a month, YYYY-MM-01'),
    ec: text(64, 1),
    ea: text(64, 1),
    el: nullable(512),
    ev: numeric.optional(),
    r: nullable(FIELD_MAX.url),
    meta: meta.optional(),
    event_id: uuid.optional(),
  })
  .openapi('SyncEvent')

export const syncBatchSchema = z
  .object({ events: z.array(syncEventSchema).min(1).max(SYNC_BATCH_MAX) })
  .openapi('SyncBatch')
