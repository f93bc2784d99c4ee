import type { OutgoingRequest } from '../../probe/exchange.js'
import { observe, type Observation } from '../../probe/node/observe.js'
import { shakeHands, type Handshake } from './handshake.js'
import type { DoctorSettings } from './settings.js'

/** Firewalls refuse what does not look like a browser, and the question is what a browser would get. */
const HEADERS = {
  Accept: '*/*',
  'Accept-Encoding': 'identity',
  'User-Agent': 'Mozilla/5.0 (compatible; opsmantik-doctor)',
}

/** Milliseconds for one request, and for all of them. */
const ONE = 3_500
const ALL = 9_000

/** Sends what the looks ask for, within the time that is left. */
export interface Run {
  settings: DoctorSettings
  /** Where the requests go: the base, or where that redirects to. */
  base: string
  /** @param limit milliseconds, where it may take less than others */
  send(sending: OutgoingRequest, limit?: number): Promise<Observation>
  shake(sending: OutgoingRequest): Promise<Handshake>
  /** Milliseconds for a request that begins now. */
  left(): number
}

export const startRun = (settings: DoctorSettings): Run => {
  const began = performance.now()
  const left = (): number => Math.max(250, Math.min(ONE, ALL - (performance.now() - began)))
  const sender = (limit = ONE) => ({
    ca: settings.ca,
    now: settings.now,
    headers: HEADERS,
    timeout: Math.min(limit, left()),
  })
  return {
    settings,
    base: settings.base,
    send: (sending, limit) => observe(sending, sender(limit)),
    shake: (sending) => shakeHands(sending, sender()),
    left,
  }
}
