import { lookup as dnsLookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isPrivateHost } from '../webhooks/private-addresses.js'
import { publicOnly } from '../webhooks/public-only.js'
import type { OneResponse, ReadOnce } from './read-once.js'

const TIMEOUT_MS = 8_000
/** A page that has no tag in its first mebibyte has none in its head. */
const BODY_MAX_BYTES = 1_048_576

interface Options {
  /** Reads pages on private addresses and on any port. */
  allowsPrivate: boolean
  timeoutMs?: number
  lookup?: typeof dnsLookup
}

/**
 * Creates the reader of customers' pages. The rules are those of webhooks, because a token's owner chooses the address:
 * no private address, checked in the lookup whose result is connected; no redirect; bounded in time and size. Only the
 * default ports, so that nobody finds out with it which others are open.
 */
export const createReadOnce =
  ({ allowsPrivate, timeoutMs = TIMEOUT_MS, lookup = dnsLookup }: Options): ReadOnce =>
  ({ method, url, headers = {}, body }) =>
    new Promise((resolve) => {
      const fail = (problem: string): void => resolve({ problem })
      const target = new URL(url)
      if (!/^https?:$/.test(target.protocol)) return fail('neither http nor https')
      if (!allowsPrivate && isPrivateHost(target.hostname)) return fail('private address')
      if (!allowsPrivate && target.port !== '') return fail('not the default port')
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest
      const outgoing = send(target, {
        method,
        agent: false,
        lookup: allowsPrivate ? (lookup as LookupFunction) : publicOnly(lookup),
        headers: {
          Accept: 'text/html, */*;q=0.8',
          // Some sites have a page of their own for what does not look like a browser.
          'User-Agent': 'Mozilla/5.0 (compatible; OpsMantik-Setup/1.0)',
          ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
          ...headers,
        },
      })
      const late = setTimeout(
        () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      )
      outgoing
        .on('error', (error) => fail(problemOf(error)))
        .on('close', () => clearTimeout(late))
        .on('response', (response) => {
          const chunks: Buffer[] = []
          let size = 0
          const done = (): void => {
            const { statusCode = 0, rawHeaders } = response
            const text = Buffer.concat(chunks).subarray(0, BODY_MAX_BYTES).toString()
            resolve({ status: statusCode, headers: pairs(rawHeaders), text })
          }
          response
            .on('data', (chunk: Buffer) => {
              chunks.push(chunk)
              size += chunk.length
              if (size < BODY_MAX_BYTES) return
              done()
              outgoing.destroy()
            })
            .on('end', done)
            .on('error', (error) => fail(problemOf(error)))
        })
        .end(body)
      return undefined
    })

const pairs = (raw: readonly string[]): OneResponse['headers'] =>
  raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1] ?? ''] as [string, string]] : [],
  )

const problemOf = (error: Error): string => {
  const { code } = error as NodeJS.ErrnoException
  return `${code === undefined ? '' : `${code}: `}${error.message}`.slice(0, 200)
}
