import { OpenAPIHono, z } from '@hono/zod-openapi'
import {
  CALLS,
  CALL_EVENT_V1,
  CALL_EVENT_V2,
  HEALTH,
  LIVE,
  PROXY_HEADER,
  PROXY_HOST_HEADER,
  REFUSALS,
  SIGNATURE_HEADER,
  SITE_ID_HEADER,
  SYNC,
  TIMESTAMP_HEADER,
  type Code,
} from '@opsmantik/tracker/contract'
import { callEventSchema, syncBatchSchema, syncEventSchema } from '../steps/schema.js'
import { VERSION } from '../version.js'
import { FORMATS } from '../reading/read-query.js'
import { callAnswer, callsAnswer, healthAnswer, refusalAnswer, syncAnswer } from './answers.js'

const json = <Schema extends z.ZodType>(schema: Schema) => ({ 'application/json': { schema } })

/** Returns a body in both media types, with the same content; text/plain saves a browser the preflight. */
const either = <Schema extends z.ZodType>(schema: Schema) => ({
  content: { 'application/json': { schema }, 'text/plain': { schema } },
  required: true,
})

/** Returns the refusals of an endpoint, grouped by status as OpenAPI requires. */
const refusals = (codes: readonly Code[]) => {
  const statuses = [...new Set(codes.map((code) => REFUSALS[code].status))]
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: codes.filter((code) => REFUSALS[code].status === status).join(', '),
        content: json(refusalAnswer),
      },
    ]),
  )
}

const INGESTION = [
  'ORIGIN_NOT_ALLOWED',
  'ORIGIN_REQUIRED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'RATE_LIMITED',
  'SIGNATURE_REQUIRED',
  'SIGNATURE_TIMESTAMP_INVALID',
  'SIGNATURE_INVALID',
  'SIGNATURE_VERIFIER_UNAVAILABLE',
  'INVALID_JSON',
  'INVALID_BODY',
  'INVALID_SITE_ID',
  'SITE_MISMATCH',
  'STORE_UNAVAILABLE',
  'INTERNAL',
] as const satisfies readonly Code[]

const signatureHeaders = z.object({
  [SITE_ID_HEADER]: z.string().openapi({ description: 'The site: UUID or 32-hex public id.' }),
  [TIMESTAMP_HEADER]: z
    .string()
    .regex(/^\d{9,12}$/)
    .openapi({ description: 'Unix seconds, at most 300 old and 60 ahead.' }),
  [SIGNATURE_HEADER]: z
    .string()
    .regex(/^[\da-fA-F]{64}$/)
    .openapi({
      description: `HMAC-SHA256 in hex of the characters of ${TIMESTAMP_HEADER}, a dot, and the body's bytes.`,
    }),
})

const proxyHeaders = z.object({
  [PROXY_HEADER]: z.literal('1').optional(),
  [PROXY_HOST_HEADER]: z.string().optional().openapi({ description: 'Isolates rate limits.' }),
})

const when = z.string().optional()
const callsQuery = z.object({
  site: z
    .string()
    .optional()
    .openapi({ description: 'UUID or public id; default: what the token opens.' }),
  from: when.openapi({ description: 'Presses from this time on: milliseconds, or ISO 8601.' }),
  to: when.openapi({ description: 'Presses before this time.' }),
  action: z.string().optional().openapi({ description: 'phone, whatsapp, …' }),
  matched: z.enum(['true', 'false']).optional(),
  search: z.string().optional().openapi({ description: 'Text in the target or the URL.' }),
  marked: z
    .enum(['true', 'false'])
    .optional()
    .openapi({ description: 'true: also calls of bots and of the site’s own networks.' }),
  after: z.string().optional().openapi({ description: '`next` of the page before.' }),
  limit: z
    .string()
    .optional()
    .openapi({ description: 'Default 50, at most 500; files: no limit.' }),
  format: z.enum(FORMATS).optional(),
  time_zone: z
    .string()
    .optional()
    .openapi({ description: 'IANA name, for times in CSV. Default UTC.' }),
  conversion: z.string().optional().openapi({ description: 'Google Ads: name of the conversion.' }),
  currency: z.string().optional().openapi({ description: 'Google Ads: ISO 4217.' }),
})

/** Returns the contract as OpenAPI 3.1, built from the schemas with which the server validates. */
export const openApiDocument = (): ReturnType<OpenAPIHono['getOpenAPI31Document']> => {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono()
  for (const [path, summary, headers] of [
    [CALL_EVENT_V1, 'One call event, signed by a browser (V1, legacy)', signatureHeaders],
    [
      CALL_EVENT_V2,
      'One call event, signed by a first-party proxy (V2, preferred)',
      signatureHeaders.extend(proxyHeaders.shape),
    ],
  ] as const)
    registry.registerPath({
      method: 'post',
      path,
      summary,
      request: { headers, body: either(callEventSchema) },
      responses: {
        200: { description: 'Recorded now, or (noop) before', content: json(callAnswer) },
        ...refusals(INGESTION),
      },
    })
  registry.registerPath({
    method: 'post',
    path: SYNC,
    summary: 'Page and session events, one or up to 20',
    description: `Needs an allowed Origin, or ${PROXY_HEADER}: 1 and the three signature headers.`,
    request: {
      headers: signatureHeaders.partial().extend({ [PROXY_HEADER]: z.literal('1').optional() }),
      body: either(z.union([syncEventSchema, syncBatchSchema])),
    },
    responses: {
      200: { description: 'All of them are recorded', content: json(syncAnswer) },
      ...refusals(INGESTION),
    },
  })
  for (const path of [CALL_EVENT_V1, CALL_EVENT_V2, SYNC])
    registry.registerPath({
      method: 'options',
      path,
      summary: 'Preflight',
      responses: {
        204: { description: 'The origin is allowed' },
        ...refusals(['ORIGIN_NOT_ALLOWED']),
      },
    })
  registry.registerPath({
    method: 'get',
    path: HEALTH,
    summary: 'Readiness and warnings',
    responses: {
      200: { description: 'Ready', content: json(healthAnswer) },
      503: { description: 'The database does not answer within 2 s', content: json(healthAnswer) },
      ...refusals(['RATE_LIMITED']),
    },
  })
  registry.registerPath({
    method: 'get',
    path: LIVE,
    summary: 'Live feed (WebSocket)',
    description:
      'Sec-WebSocket-Protocol: ops.live.v1, token.<value>. Needs an allowed Origin and the token.',
    request: {
      query: z.object({
        after: z.string().optional().openapi({ description: 'Position of the last message read.' }),
        token: z.string().optional().openapi({ description: 'For clients without subprotocols.' }),
      }),
    },
    responses: {
      101: { description: 'Messages as they happen, JSON each' },
      ...refusals([
        'ORIGIN_NOT_ALLOWED',
        'ORIGIN_REQUIRED',
        'LIVE_TOKEN_REQUIRED',
        'NOT_FOUND',
        'UPGRADE_REQUIRED',
        'RATE_LIMITED',
      ]),
    },
  })
  registry.registerPath({
    method: 'get',
    path: CALLS,
    summary: 'Recorded calls, newest first',
    description: `Authorization: Bearer with a token of the site ("site token add") or LIVE_TOKEN. Files by Accept, or by format.`,
    security: [{ token: [] }],
    request: { query: callsQuery },
    responses: {
      200: {
        description: 'A page of calls, or a file',
        content: {
          ...json(callsAnswer),
          'application/x-ndjson': { schema: z.string() },
          'text/csv': { schema: z.string() },
        },
      },
      ...refusals([
        'READ_TOKEN_REQUIRED',
        'INVALID_QUERY',
        'INVALID_SITE_ID',
        'RATE_LIMITED',
        'STORE_UNAVAILABLE',
        'INTERNAL',
      ]),
    },
  })
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  return getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'OpsMantik ingestion',
      version: VERSION,
      description: 'What a tracker, a proxy and an ingestion server say to each other.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
  })
}
