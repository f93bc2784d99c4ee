import { z } from '@hono/zod-openapi'
import { REFUSALS, type Code } from '@opsmantik/tracker/contract'

const uuid = z.string().openapi({ format: 'uuid' })
const request_id = z.string()

/** Answers as the OpenAPI document shows them; a test compares them with what the server says. */
export const callAnswer = z
  .union([
    z.strictObject({
      status: z.literal('matched'),
      call_id: uuid,
      session_id: z.string(),
      request_id,
    }),
    z.strictObject({
      status: z.literal('unmatched'),
      call_id: uuid,
      session_id: z.null(),
      request_id,
    }),
    z.strictObject({ status: z.literal('noop'), call_id: uuid.optional(), request_id }),
  ])
  .openapi('CallAnswer')

export const syncAnswer = z
  .strictObject({
    ok: z.literal(true),
    status: z.literal('synced'),
    accepted: z.int().min(1).max(20),
    request_id,
  })
  .openapi('SyncAnswer')

const text = z.string().nullable()
export const callsAnswer = z
  .strictObject({
    calls: z.array(
      z.strictObject({
        call_id: uuid,
        cursor: z.string().openapi({ description: 'Place in the order of reading, for `after`' }),
        site_id: uuid,
        status: z.enum(['matched', 'unmatched']),
        session_id: text,
        visitor: z.string(),
        action: text,
        target: text,
        page_url: text,
        click_id: text,
        gclid: text,
        gbraid: text,
        wbraid: text,
        value: z.number().nullable(),
        marked: z.enum(['bot', 'own']).nullable(),
        endpoint: z.string(),
        occurred_at: z.int().openapi({ description: 'Time of the press, milliseconds' }),
        recorded_at: z.int().openapi({ description: 'Time of arrival, milliseconds' }),
      }),
    ),
    next: text.openapi({ description: 'Goes into `after` for the next page; null: there is none' }),
    request_id,
  })
  .openapi('Calls')

export const refusalAnswer = z
  .strictObject({
    error: z.string().openapi({ description: 'A sentence for a person' }),
    code: z.enum(Object.keys(REFUSALS) as [Code, ...Code[]]),
    request_id,
    server_ts: z.int().optional().openapi({ description: 'On 401: the server’s Unix seconds' }),
    origin: z.string().optional(),
    issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
    retry_after: z.int().optional().openapi({ description: 'On 429: seconds' }),
  })
  .openapi('Refusal')

export const healthAnswer = z
  .strictObject({
    ok: z.boolean(),
    ts: z.int().openapi({ description: 'Unix seconds' }),
    version: z.string(),
    contract: z.string().openapi({ description: 'Version of the wire contract' }),
    db_ok: z.boolean(),
    limiter: z.enum(['redis', 'memory', 'degraded']),
    feed: z
      .enum(['local', 'redis', 'notify', 'polling'])
      .optional()
      .openapi({ description: 'How a process hears of calls that others record.' }),
    environment: z.literal('production').optional(),
    signing_disabled: z.literal(true).optional(),
    warnings: z.array(z.strictObject({ code: z.string(), message: z.string() })),
    request_id,
  })
  .openapi('Health')
