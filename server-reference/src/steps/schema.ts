import { z } from '@hono/zod-openapi'
import {
  CALL_FIELDS,
  META_MAX_BYTES,
  SYNC_BATCH_MAX,
  UUID,
  type CallEvent,
  type CallField,
  type CallFieldName,
} from '@opsmantik/tracker/contract'
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

/** Matches numbers that Postgres reads as numeric: no Infinity, no NaN, no exponent that would fill a disk. */
const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/
const NOT_NUMERIC = 'must be a finite number, a numeric string or null'
const isNumeric = (value: string): boolean =>
  value.length <= CALL_FIELDS.value.max && NUMERIC.test(value) && Number.isFinite(Number(value))
const numericText = z
  .string()
  .refine(isNumeric, NOT_NUMERIC)
  .openapi({ maxLength: CALL_FIELDS.value.max, pattern: NUMERIC.source })
const numeric = z.union([z.number(), numericText, z.null()], { error: NOT_NUMERIC })

const uuid = z
  .string()
  .regex(UUID, 'must be a UUID')
  .transform((value) => value.toLowerCase())
  .openapi({ type: 'string', format: 'uuid' })

const nullable = (max: number) => text(max).nullish()

const schemaOf = (field: CallField): z.ZodType => {
  const { type, max, min, required = false, nullable: isNullable = false } = field
  // A numeric value may be null already.
  const schema = { text: text(max, min), uuid, numeric }[type]
  if (required) return schema
  return isNullable && type !== 'numeric' ? schema.nullish() : schema.optional()
}

const callFields = Object.fromEntries(
  Object.entries<CallField>(CALL_FIELDS).map(([name, field]) => [name, schemaOf(field)]),
) as { [Name in CallFieldName]: z.ZodType<CallEvent[Name]> }

/** A call event (contract section 6). Unknown fields are dropped. */
export const callEventSchema = z.object(callFields).openapi('CallEvent')

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
    if (typeof fp !== 'string' || fp === '' || [...fp].length > CALL_FIELDS.fingerprint.max)
      context.addIssue({
        code: 'custom',
        path: ['fp'],
        message: `must be a string of 1 to ${CALL_FIELDS.fingerprint.max} characters`,
      })
  })
  .transform((value) => value as { fp?: string } & Record<string, unknown>)
  .openapi({ type: 'object', properties: { fp: { type: 'string' } }, example: META_EXAMPLE })

/** A page or session event (contract section 10). */
export const syncEventSchema = z
  .object({
    s: text(CALL_FIELDS.site_id.max),
    u: text(CALL_FIELDS.url.max),
    sid: text(128, 1),
    sm: z
      .string()
      .regex(/^(?!0000)\d{4}-(0[1-9]|1[0-2])-01$/, 'must be the first of a month, YYYY-MM-01'),
    ec: text(64, 1),
    ea: text(64, 1),
    el: nullable(512),
    ev: numeric.optional(),
    r: nullable(CALL_FIELDS.url.max),
    meta: meta.optional(),
    event_id: uuid.optional(),
  })
  .openapi('SyncEvent')

export const syncBatchSchema = z
  .object({ events: z.array(syncEventSchema).min(1).max(SYNC_BATCH_MAX) })
  .openapi('SyncBatch')
