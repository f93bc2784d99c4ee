import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestTls } from 'node:https'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

/** A request as it is to be sent. */
export interface Sending {
  method: string
  url: string
  headers: Record<string, string>
  body?: string
}

export type Phase = 'lookup' | 'connect' | 'tls' | 'answer' | 'body'

/** Why no answer, or not all of one, came. */
export interface Failure {
  /** An error code of Node, or `TIMEOUT`. */
  code: string
  message: string
  /** What was under way. */
  phase: Phase
}

/** A request and what came back. Nothing is followed. */
export interface Exchange {
  sending: Sending
  /** 0 where there was no answer. */
  status: number
  /** As they stood on the wire: a header may occur twice. */
  fields: [name: string, value: string][]
  text: string
  /** Null where the body is not a JSON object. */
  json: Record<string, unknown> | null
  failure: Failure | null
  /** Milliseconds by this machine's clock. */
  sentAt: number
  answeredAt: number
}

export interface Sender {
  ca?: string | undefined
  now: () => number
  /** Milliseconds. */
  timeout: number
}

/** More than any answer of the contract. */
const BODY_MAX_BYTES = 262_144

/** Firewalls refuse what does not look like a browser, and the question is what a browser would get. */
export const USER_AGENT = 'Mozilla/5.0 (compatible; opsmantik-doctor)'

/** A header's value as Fetch "gets" it: all occurrences, joined. Null where there is none. */
export const headerOf = ({ fields }: Pick<Exchange, 'fields'>, name: string): string | null => {
  const found = fields.filter(([field]) => field.toLowerCase() === name.toLowerCase())
  return found.length === 0 ? null : found.map(([, value]) => value.trim()).join(', ')
}

export const pairs = (raw: readonly string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!])

const asObject = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** Some gateways compress what nobody asked them to, and browsers do not mind. */
const decoded = (bytes: Buffer, encoding: string | undefined): string => {
  const decoders: Record<string, (bytes: Buffer) => Buffer> = {
    gzip: gunzipSync,
    'x-gzip': gunzipSync,
    deflate: inflateSync,
    br: brotliDecompressSync,
  }
  try {
    return (decoders[encoding?.toLowerCase() ?? '']?.(bytes) ?? bytes).toString()
  } catch {
    return bytes.toString()
  }
}

/** Opens a request and keeps track of how far it comes. */
export const open = (
  { method, url, headers }: Sending,
  ca: string | undefined,
): { request: ClientRequest; phase: () => Phase } => {
  const isTls = url.startsWith('https:')
  const request = (isTls ? requestTls : requestPlain)(url, {
    method,
    headers: {
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      'User-Agent': USER_AGENT,
      ...headers,
    },
    agent: false,
    ...(ca === undefined ? {} : { ca }),
  })
  let phase: Phase = /^\[|^[\d.]+$/.test(new URL(url).hostname) ? 'connect' : 'lookup'
  request.on('socket', (socket) => {
    socket.once('lookup', () => (phase = 'connect'))
    socket.once('connect', () => (phase = isTls ? 'tls' : 'answer'))
    socket.once('secureConnect', () => (phase = 'answer'))
  })
  request.on('response', () => (phase = 'body'))
  return { request, phase: () => phase }
}

/** Happy eyeballs hide the reason in a list of reasons. */
export const failureOf = (error: unknown, phase: Phase): Failure => {
  const first: unknown =
    error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const { code, message } = Object(first) as { code?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    message: typeof message === 'string' ? message : String(first),
    phase,
  }
}

/** Sends one request. Never rejects: what goes wrong is a `failure`. */
export const exchange = (sending: Sending, { ca, now, timeout }: Sender): Promise<Exchange> =>
  new Promise((resolve) => {
    const sentAt = now()
    let answer: IncomingMessage | undefined
    let answeredAt = sentAt
    const chunks: Buffer[] = []
    let size = 0
    const { request, phase } = open(sending, ca)
    let isDone = false
    const finish = (failure: Failure | null): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      const text = decoded(Buffer.concat(chunks), answer?.headers['content-encoding'])
      resolve({
        sending,
        status: answer?.statusCode ?? 0,
        fields: pairs(answer?.rawHeaders ?? []),
        text,
        json: asObject(text),
        failure,
        sentAt,
        answeredAt: answer ? answeredAt : now(),
      })
      request.destroy()
    }
    const timer = setTimeout(
      () => finish({ code: 'TIMEOUT', message: `nothing within ${timeout} ms`, phase: phase() }),
      timeout,
    )
    request.on('error', (error) => finish(failureOf(error, phase())))
    request.on('upgrade', (response, socket) => {
      answer = response
      socket.destroy()
      finish(null)
    })
    request.on('response', (response) => {
      answer = response
      answeredAt = now()
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > BODY_MAX_BYTES) finish(null)
      })
      response.on('end', () => finish(null))
      response.on('error', (error) => finish(failureOf(error, 'body')))
      response.on('aborted', () =>
        finish({ code: 'ECONNRESET', message: 'the answer broke off', phase: 'body' }),
      )
    })
    request.end(sending.body)
  })
