import { randomUUID } from 'node:crypto'
import { CALL_EVENT_V2, SYNC } from '@opsmantik/tracker/contract'
import { createApp, type App } from '../app.js'
import type { World } from '../world.js'
import { ORIGIN, SITE, signed } from './sign.js'

export interface CallRequest {
  path?: string
  body?: string | Uint8Array<ArrayBuffer>
  /** Added to, or with undefined taken from, the right ones. */
  headers?: Record<string, string | undefined>
  /** The socket's address. */
  address?: string
}

export interface Received {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

export const event = (fields: Record<string, unknown> = {}): string =>
  JSON.stringify({
    site_id: SITE.publicId,
    fingerprint: 'visitor',
    event_id: randomUUID(),
    ...fields,
  })

export const pageEvent = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  s: SITE.publicId,
  u: 'https://shop.example/',
  sid: 'session',
  sm: '2025-11-01',
  ec: 'page',
  ea: 'view',
  meta: { fp: 'visitor' },
  ...fields,
})

/** Sends a call event. By default it goes to V2 and is signed, as a server sends it. */
export const call = async (target: World | App, sent: CallRequest = {}): Promise<Received> => {
  const app = 'request' in target ? target : createApp(target)
  const { path = CALL_EVENT_V2, body = event(), address = '192.0.2.1' } = sent
  const headers = Object.entries({
    'Content-Type': 'application/json',
    ...(path === SYNC ? { Origin: ORIGIN } : signed(body)),
    ...sent.headers,
  }).filter((header): header is [string, string] => header[1] !== undefined)
  const response = await app.request(path, { method: 'POST', headers, body }, { address })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

export const sync = (
  target: World | App,
  body: unknown,
  sent: CallRequest = {},
): Promise<Received> => call(target, { path: SYNC, body: JSON.stringify(body), ...sent })
