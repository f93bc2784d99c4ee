import { createHmac } from 'node:crypto'

/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */
/**
 * `proxy-only` is proxy mode of the second, smaller build.
 *
 * @typedef {'proxy' | 'signed' | 'proxy-only' | import('./peers.mjs').PeerName} Mode
 */

/** @typedef {{ status: number, body: object | string, headers?: Record<string, string> }} Refusal */

/**
 * The faults of the server, changed while a row runs.
 *
 * @typedef {object} Faults
 * @property {number} delay milliseconds between recording and answering
 * @property {number} refuse how often each event is answered 503 first
 * @property {number} limit how often each event is answered 429 first
 * @property {number} retryAfter seconds, sent with each 429
 * @property {boolean} gone every connection is broken, and nothing is read or answered
 * @property {boolean} hangs requests are accepted, and never answered
 * @property {Refusal | undefined} misconfigured the response to every event until a setting is corrected
 * @property {boolean} cors true if the origins of the pages are allowed
 * @property {number} skew milliseconds that this server's clock is ahead of the device's
 */

/**
 * One request that reached the recording; a refused one (401, 403, 429, 503) did not.
 *
 * @typedef {object} Delivery
 * @property {string} id the event's id
 * @property {string} name the press, `press-00017`
 * @property {number} at
 * @property {boolean} answered true if the whole response was handed to the network
 */

/** @typedef {{ id: string, name: string }} Sent */

/** Milliseconds: the minute of contract section 13, less what a timer may be early. */
const PATIENCE = 59_000

const EXPOSED = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id'
const ALLOWED_HEADERS = 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature'

/** Plays the endpoint behind the proxy, the console's own, and a peer's; remembers all that came. */
export class Recorder {
  /** @type {Faults} */
  faults = {
    delay: 0,
    refuse: 0,
    limit: 0,
    retryAfter: 5,
    gone: false,
    hangs: false,
    misconfigured: undefined,
    cors: true,
    skew: 0,
  }
  /** @type {Delivery[]} */
  deliveries = []
  /** The database: event id to press. @type {Map<string, string>} */
  rows = new Map()
  /** Requests that were heard, refused ones too; and the moment of the last. */
  requests = 0
  last = Date.now()
  /** Tries that came before their Retry-After was over. */
  early = 0
  /** Tries that came sooner after a refusal of the configuration than a minute. */
  impatient = 0
  /** The most requests that were open at the same time. */
  mostOpen = 0
  /** Requests that were refused for a wrong signature. */
  forged = 0

  /** @type {Map<string, number>} */ #tries = new Map()
  /** @type {Map<string, number>} */ #notBefore = new Map()
  /** @type {Map<string, number>} */ #misconfiguredAt = new Map()
  /** @type {Set<Response>} */ #open = new Set()
  /** @type {(() => void)[]} */ #hanging = []

  /**
   * @param {string} secret
   * @param {(mode: Mode, body: string) => Sent[]} decode
   */
  constructor(secret, decode) {
    this.secret = secret
    this.decode = decode
  }

  /** Returns the names of the presses that are in the database. */
  arrived() {
    return new Set(this.rows.values())
  }

  /** Lets a hanging server continue with all requests that it has accepted and that are still connected. */
  stopHanging() {
    this.faults.hangs = false
    for (const goOn of this.#hanging.splice(0)) goOn()
  }

  /**
   * @param {Request} request
   * @param {Response} response
   * @param {Mode} mode
   * @param {boolean} foreign whether a browser comes here from another origin
   */
  async take(request, response, mode, foreign) {
    const { faults } = this
    if (faults.gone) return void request.socket.destroy()
    this.#open.add(response)
    response.once('close', () => this.#open.delete(response))
    this.mostOpen = Math.max(this.mostOpen, this.#open.size)
    if (faults.hangs) await new Promise((resolve) => this.#hanging.push(() => resolve(undefined)))
    response.setHeader('Vary', 'Origin')
    const origin = request.headers.origin ?? ''
    if (foreign && faults.cors) {
      response.setHeader('Access-Control-Allow-Origin', origin)
      response.setHeader('Access-Control-Expose-Headers', EXPOSED)
    }
    if (request.method === 'OPTIONS') {
      if (!faults.cors) return void response.writeHead(403).end()
      response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS')
      response.setHeader('Access-Control-Allow-Headers', ALLOWED_HEADERS)
      return void response.writeHead(204, { 'Access-Control-Max-Age': 7200 }).end()
    }
    const body = await read(request)
    if (body === undefined || response.destroyed) return
    this.requests++
    this.last = Date.now()
    const answer = this.#judge(request, mode, body, foreign)
    if (answer.deliveries) {
      await new Promise((resolve) => setTimeout(resolve, faults.delay))
      for (const one of answer.deliveries) response.once('finish', () => (one.answered = true))
    }
    const { body: content } = answer
    const isHtml = typeof content === 'string'
    const type = isHtml ? 'text/html' : 'application/json'
    response.writeHead(answer.status, { 'Content-Type': type, ...answer.headers })
    response.end(isHtml ? content : JSON.stringify(content))
  }

  /**
   * @param {Request} request
   * @param {Mode} mode
   * @param {string} body
   * @param {boolean} foreign
   * @returns {Refusal & { deliveries?: Delivery[] }}
   */
  #judge(request, mode, body, foreign) {
    const { faults } = this
    const now = Date.now()
    if (foreign && !faults.cors) return refusal(403, 'ORIGIN_NOT_ALLOWED')
    const events = this.decode(mode, body)
    // A batch is refused as a whole, and counted as one.
    const key = events.map(({ id }) => id).join()
    const tries = (this.#tries.get(key) ?? 0) + 1
    this.#tries.set(key, tries)
    if (now < (this.#notBefore.get(key) ?? 0)) this.early++
    if (now < (this.#misconfiguredAt.get(key) ?? 0) + PATIENCE) this.impatient++
    if (faults.misconfigured) {
      this.#misconfiguredAt.set(key, now)
      return faults.misconfigured
    }
    if (tries <= faults.refuse) return refusal(503, 'UNAVAILABLE')
    if (tries <= faults.limit) {
      // 50 ms: a timer may fire that much early by another clock.
      this.#notBefore.set(key, now + faults.retryAfter * 1000 - 50)
      return refusal(429, 'RATE_LIMITED', { 'Retry-After': String(faults.retryAfter) })
    }
    if (mode === 'signed') {
      const refused = this.#verify(request, body, now + faults.skew)
      if (refused) return refused
    }
    const deliveries = events.map(({ id, name }) => ({ id, name, at: now, answered: false }))
    this.deliveries.push(...deliveries)
    const known = events.every(({ id }) => this.rows.has(id))
    for (const { id, name } of events) if (!this.rows.has(id)) this.rows.set(id, name)
    const answer = { status: known ? 'noop' : 'unmatched', call_id: key, session_id: null }
    return { status: 200, body: answer, deliveries }
  }

  /**
   * @param {Request} request
   * @param {string} body
   * @param {number} now
   */
  #verify(request, body, now) {
    const ts = String(request.headers['x-ops-ts'] ?? '')
    const seconds = Math.floor(now / 1000)
    const server_ts = { server_ts: seconds }
    if (seconds - +ts > 300 || +ts - seconds > 60)
      return refusal(401, 'SIGNATURE_TIMESTAMP_INVALID', {}, server_ts)
    const mac = createHmac('sha256', this.secret).update(`${ts}.${body}`).digest('hex')
    if (mac === String(request.headers['x-ops-signature']).toLowerCase()) return
    this.forged++
    return refusal(401, 'SIGNATURE_INVALID', {}, server_ts)
  }
}

/**
 * @param {number} status
 * @param {string} code
 * @param {Record<string, string>} [headers]
 * @param {object} [more]
 */
const refusal = (status, code, headers = {}, more = {}) => ({
  status,
  headers,
  body: { error: code, code, ...more },
})

/**
 * @param {Request} request
 * @returns {Promise<string | undefined>} undefined if the browser closed the connection before the end
 */
async function read(request) {
  const chunks = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    return
  }
  return Buffer.concat(chunks).toString()
}
