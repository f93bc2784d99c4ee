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
