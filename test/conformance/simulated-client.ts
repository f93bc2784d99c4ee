import { judge } from '../../src/contract/index.js'
import { sign } from '../../src/contract/sign.js'
import {
  SECRET,
  type Client,
  type ClientReply,
  type Script,
  type Try,
} from '../../cli/src/conformance/client/client.js'

/** The response to an attempt, as a simulated client sees it. */
export interface ClientResponse {
  /** 0 if there was no response. */
  status: number
  text: string
  headers: Headers
  /** Number of failed attempts of this event, including this one. */
  failures: number
}

/** A client as a set of decisions. Each planted fault is one of them changed. */
export interface Behaviour {
  /** Returns the milliseconds after which it resends the event; undefined: never. */
  decide(response: ClientResponse): number | undefined
  /** Returns the event for an attempt. */
  event(attempt: { event: Record<string, unknown>; tries: number; query: string }): object
  /** Milliseconds after which it aborts a request. */
  givesUpMs: number
  inFlight: number
  /**
   * Returns the earliest time at which a page that opens at `opened` sends an event that is due at `due`; undefined:
   * never.
   */
  onReopen(opened: number, due: number): number | undefined
  /** Returns the bytes over which a body is signed. */
  signedText(body: string): string
}

/** Decides as contract section 13 says. */
export const right: Behaviour = {
  decide({ status, text, headers, failures }) {
    const verdict = judge({ status, headers }, text)
    if (verdict.status !== 'queued') return undefined
    if (verdict.fault === 'clock' && failures === 1) return 0
    if (verdict.fault === 'configuration') return 65_000 * 2 ** (failures - 1)
    const header = headers.get('Retry-After')
    const asked = header ? Number(header) * 1000 || Date.parse(header) - Date.now() : 0
    return asked > 0 ? asked : 1_000 * failures
  },
  event: ({ event }) => event,
  givesUpMs: 11_000,
  inFlight: 4,
  onReopen: (opened, due) => Math.max(opened, due),
  signedText: (body) => body,
}

const MODES = ['signed', 'proxy'] as const
export type ClientMode = (typeof MODES)[number]

const asResponse = (reply: ClientReply, failures: number): ClientResponse => {
  if (typeof reply === 'string') return { status: 0, text: '', headers: new Headers(), failures }
  const { status, body = '', headers = {} } = reply
  const type: Record<string, string> = body === '' ? {} : { 'Content-Type': 'application/json' }
  return { status, text: body, headers: new Headers({ ...type, ...headers }), failures }
}

interface Attempt {
  at: number
  tries: number
  event: Record<string, unknown>
}

/**
 * Plays a script against a behaviour on a simulated clock, so that minutes cost nothing and the machine's speed does
 * not matter.
 */
export const simulate = (mode: ClientMode, changes: Partial<Behaviour> = {}): Client => {
  const behaviour = { ...right, ...changes }
  const play = async ({ replies, listen, until = Infinity, ...script }: Script): Promise<Try[]> => {
    const { presses = 1, query = '', reopenAfter } = script
    const tries: Try[] = []
    const began = Date.now()
    let skew = 0
    const queue: Attempt[] = Array.from({ length: presses }, () => ({
      at: 0,
      tries: 1,
      event: { site_id: 'f'.repeat(32), fingerprint: 'f', event_id: crypto.randomUUID() },
    }))
    const busy: number[] = []
    while (queue.length > 0 && tries.length < until) {
      queue.sort((a, b) => a.at - b.at)
      const { at: due, tries: count, event } = queue.shift()!
      // It waits for a free place.
      const places = busy.filter((end) => end > due).toSorted((a, b) => a - b)
      const at =
        places.length < behaviour.inFlight ? due : places[places.length - behaviour.inFlight]!
      if (at > listen) continue
      const body = JSON.stringify(behaviour.event({ event, tries: count, query }))
      const received = Math.floor((began + at) / 1000)
      const ts = String(received + skew)
      const signature = await sign(SECRET, ts, new TextEncoder().encode(behaviour.signedText(body)))
      tries.push({
        at,
        path: mode === 'signed' ? '/api/call-event' : '/proxy',
        headers: new Headers(
          mode === 'signed'
            ? { 'X-Ops-Site-Id': 'f'.repeat(32), 'X-Ops-Ts': ts, 'X-Ops-Signature': signature }
            : {},
        ),
        body,
        json: JSON.parse(body) as Record<string, unknown>,
        received,
      })
      const reply = replies[Math.min(tries.length, replies.length) - 1]!
      const answeredAt = reply === 'hang' ? at + behaviour.givesUpMs : at + 5
      busy.push(answeredAt)
      const response = asResponse(reply, count)
      const stamp = /"server_ts":(\d+)/.exec(response.text)?.[1]
      if (stamp) skew = Number(stamp) - received
      const wait = behaviour.decide(response)
      if (wait === undefined) continue
      let next: number | undefined = answeredAt + wait
      if (reopenAfter !== undefined && at <= reopenAfter && next > reopenAfter)
        next = behaviour.onReopen(reopenAfter, next)
      if (next !== undefined && next <= listen) queue.push({ at: next, tries: count + 1, event })
    }
    return tries
  }
  return { mode, canReopen: true, play }
}
