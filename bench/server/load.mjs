// Runs the clients as a separate process, so that their CPU time is not the server's. They use plain sockets, because a
// full HTTP client costs more than the server under test.
import { createHmac, randomUUID } from 'node:crypto'
import { connect } from 'node:net'

/**
 * @typedef {object} Order
 * @property {number} port
 * @property {string} site
 * @property {string} secret
 * @property {number} connections
 * @property {number} requests
 * @property {number | null} perSecond null: each connection sends as soon as it has its answer
 *
 * @typedef {object} Result
 * @property {number} seconds
 * @property {number} p50 milliseconds, from when the request was due
 * @property {number} p99
 * @property {Record<string, number>} answers by status and `status` in the body
 */

/** Number of visitors, each with a separate address and browser. */
const VISITORS = 2_000
/** Addresses that the connections come from: all of 127.0.0.0/8 is this machine. */
const ADDRESSES = 50

const pick = (/** @type {number} */ count) => Math.floor(Math.random() * count)

/** Returns an id as a tracker makes it: RFC 9562, version 7. */
const eventId = () => {
  const time = Date.now().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** @param {Order} order */
const requestOf = ({ port, site, secret }) => {
  const visitor = pick(VISITORS)
  const body = JSON.stringify({
    site_id: site,
    fingerprint: `8c1f0f6e5b7d4a3fb5c8f1a0${String(visitor).padStart(8, '0')}`,
    event_id: eventId(),
    intent_action: 'phone',
    intent_target: '+905000000000',
    intent_stamp: `${Date.now()}-a1b2-tel-c3d4e5`,
    intent_page_url: 'https://www.shop.example/contact?utm_source=search&utm_medium=cpc',
    click_id: 'EAIaIQobChMI7_example_click_id_0123456789',
    value: null,
  })
  const ts = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${ts}.${body}`).digest('hex')
  return Buffer.from(
    `POST /api/call-event/v2 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nUser-Agent: Mozilla/5.0 (bench ${visitor % 97})\r\n` +
      `X-Forwarded-For: 203.0.${visitor >> 8}.${visitor & 255}\r\nX-Ops-Site-Id: ${site}\r\n` +
      `X-Ops-Ts: ${ts}\r\nX-Ops-Signature: ${signature}\r\nX-Ops-Proxy: 1\r\nX-Ops-Proxy-Host: www.shop.example\r\n\r\n${body}`,
  )
}

/** @param {Order} order @returns {Promise<Result>} */
const run = async (order) => {
  const { port, connections, requests, perSecond } = order
  const prepared = Array.from({ length: requests }, () => requestOf(order))
  const latencies = new Float64Array(requests)
  /** @type {Record<string, number>} */
  const answers = {}
  let next = 0
  let done = 0
  const began = performance.now()

  await new Promise((resolve, reject) => {
    /** @type {(() => void)[]} */
    const idle = []
    let due = 0
    let address = 0

    const open = () => {
      const localAddress = `127.0.0.${2 + (address++ % ADDRESSES)}`
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      socket.setNoDelay(true)
      let received = ''
      let sent = 0
      let mine = -1
      const send = () => {
        if (next === requests) return
        mine = next++
        sent = perSecond === null ? performance.now() : began + (mine * 1000) / perSecond
        socket.write(/** @type {Buffer} */ (prepared[mine]))
      }
      socket.on('data', (bytes) => {
        received += bytes.toString('latin1')
        const end = received.indexOf('\r\n\r\n')
        if (end === -1) return
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
        if (received.length < end + 4 + length) return
        latencies[mine] = performance.now() - sent
        const what = `${received.slice(9, 12)} ${/"(?:status|code)":"(\w+)"/.exec(received)?.[1] ?? ''}`
        answers[what] = (answers[what] ?? 0) + 1
        received = ''
        if (++done === requests) resolve(undefined)
        else if (perSecond === null || next < due) send()
        else idle.push(send)
      })
      socket.on('error', reject)
      socket.on('close', () => done < requests && reject(new Error('the server hung up')))
      socket.once('connect', () => (perSecond === null ? send() : idle.push(send)))
    }
    for (let n = 0; n < connections; n++) open()
    if (perSecond === null) return
    const timer = setInterval(() => {
      due = Math.min(requests, Math.floor(((performance.now() - began) / 1000) * perSecond))
      while (next < due && idle.length > 0) idle.shift()?.()
      if (next === requests) clearInterval(timer)
    }, 1)
  })
  const seconds = (performance.now() - began) / 1000
  latencies.sort()
  const at = (/** @type {number} */ share) => latencies[Math.floor(requests * share)] ?? 0
  return { seconds, p50: at(0.5), p99: at(0.99), answers }
}

process.on('message', (order) => {
  run(/** @type {Order} */ (order)).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  )
})
