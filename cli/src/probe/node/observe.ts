import type { IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import { parseObject, type OutgoingRequest } from '../exchange.js'
import { failureOf, timeoutAfter, type Failure } from '../failure.js'
import { open } from './open.js'

/** A request and what came back, as it stood on the wire, or how far it came. Nothing is followed. */
export interface Observation {
  sending: OutgoingRequest
  /** 0 if there was no answer. */
  status: number
  /** As they stood on the wire: a header may occur twice. */
  fields: [name: string, value: string][]
  text: string
  /** Null if the body is not a JSON object. */
  json: Record<string, unknown> | null
  failure: Failure | null
  /** Milliseconds by this machine's clock. */
  sentAt: number
  answeredAt: number
}

export interface Observer {
  /** Certificates (PEM) of an authority, in place of the public ones. */
  ca?: string | undefined
  now: () => number
  /** Milliseconds. */
  timeout: number
  /** Sent with every request, unless it has a header of that name; not part of what is reported as sent. */
  headers: Record<string, string>
}

/** More than any answer of the contract. */
const BODY_MAX_BYTES = 262_144

/** A header's value as Fetch "gets" it: all occurrences, joined. Null if there is none. */
export const headerOf = ({ fields }: Pick<Observation, 'fields'>, name: string): string | null => {
  const found = fields.filter(([field]) => field.toLowerCase() === name.toLowerCase())
  return found.length === 0 ? null : found.map(([, value]) => value.trim()).join(', ')
}

export const pairs = (raw: readonly string[]): [string, string][] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!])

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

/** Sends one request. Never rejects: what goes wrong is a `failure`. */
export const observe = (
  sending: OutgoingRequest,
  { ca, now, timeout, headers }: Observer,
): Promise<Observation> =>
  new Promise((resolve) => {
    const sentAt = now()
    let answer: IncomingMessage | undefined
    let answeredAt = sentAt
    const chunks: Buffer[] = []
    let size = 0
    const { request, phase } = open(
      { ...sending, headers: { ...headers, ...sending.headers } },
      { ca },
    )
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
        json: parseObject(text),
        failure,
        sentAt,
        answeredAt: answer ? answeredAt : now(),
      })
      request.destroy()
    }
    const timer = setTimeout(() => finish(timeoutAfter(timeout, phase())), timeout)
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
