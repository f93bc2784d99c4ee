import { createHmac } from 'node:crypto'
import { lookup as dnsLookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isPrivateHost } from './private-addresses.js'
import { publicOnly } from './public-only.js'

/** Standard Webhooks recommends 15 to 30 s. */
const TIMEOUT_MS = 15_000
/** A receiver has nothing to say; more than this is not read. */
const RESPONSE_MAX_BYTES = 16_384

export interface Webhook {
  /** The same for every attempt. */
  id: string
  url: string
  /** `whsec_` and base64. */
  secret: string
  /** The JSON that is signed and sent. */
  payload: string
}

/** The outcome of an attempt. */
export type AttemptOutcome =
  | { outcome: 'delivered' }
  /** 410: the receiver wants nothing any more. */
  | { outcome: 'ended' }
  | { outcome: 'failed'; problem: string }

export interface SendOptions {
  allowsPrivate: boolean
  timeoutMs?: number
  /** Resolves names. */
  lookup?: typeof dnsLookup
  now?: () => number
  signal?: AbortSignal
}

/** Signs as Standard Webhooks says: HMAC-SHA256 of `id.timestamp.payload`, in base64. */
export const signWebhook = (
  secret: string,
  id: string,
  timestamp: number,
  payload: string,
): string => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${payload}`).digest('base64')}`
}

/**
 * Sends a webhook once. Every address that the name has is looked at in the lookup whose result is connected, so that a
 * name which changes between two lookups (DNS rebinding) leads nowhere. Redirects are not followed: they are a failure.
 */
export const sendWebhook = (
  { id, url, secret, payload }: Webhook,
  {
    allowsPrivate,
    timeoutMs = TIMEOUT_MS,
    lookup = dnsLookup,
    now = Date.now,
    signal,
  }: SendOptions,
): Promise<AttemptOutcome> =>
  new Promise((resolve) => {
    const fail = (problem: string): void => resolve({ outcome: 'failed', problem })
    const target = new URL(url)
    if (!allowsPrivate && isPrivateHost(target.hostname)) return fail('private address')
    if (!allowsPrivate && target.protocol !== 'https:') return fail('not https')
    const timestamp = Math.floor(now() / 1000)
    const send = target.protocol === 'https:' ? httpsRequest : httpRequest
    const outgoing = send(target, {
      method: 'POST',
      agent: false,
      ...(signal && { signal }),
      lookup: allowsPrivate ? (lookup as LookupFunction) : publicOnly(lookup),
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(payload),
        'User-Agent': 'OpsMantik-Webhooks/1.0',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signWebhook(secret, id, timestamp, payload),
      },
    })
    const late = setTimeout(
      () => outgoing.destroy(new Error(`no response within ${timeoutMs / 1000} s`)),
      timeoutMs,
    )
    outgoing
      .on('error', (error) => fail(problemOf(error)))
      .on('close', () => clearTimeout(late))
      .on('response', (response) => {
        const { statusCode = 0 } = response
        let size = 0
        // The status decides; the rest is read so that the receiver is not cut off while it writes.
        response
          .on('data', (chunk: Buffer) => {
            size += chunk.length
            if (size > RESPONSE_MAX_BYTES) outgoing.destroy()
          })
          .on('error', () => {})
        if (statusCode >= 200 && statusCode < 300) resolve({ outcome: 'delivered' })
        else if (statusCode === 410) resolve({ outcome: 'ended' })
        else fail(`HTTP ${statusCode}`)
      })
      .end(payload)
    return undefined
  })

/** Returns an error's code and message, which contain a receiver's name and nothing of the payload. */
const problemOf = (error: Error): string => {
  const { code } = error as NodeJS.ErrnoException
  return `${code === undefined ? '' : `${code}: `}${error.message}`.slice(0, 200)
}
