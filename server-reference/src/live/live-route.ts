import { refuse } from '../http/refuse.js'
import type { Step } from '../steps/step.js'
import { refusalOf, type Door } from './handshake.js'

/** RFC 9110, 15.5.22 and RFC 6455, 4.2.2: what it takes. */
const HOW = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': '13' }

/** `GET /api/live` as plain HTTP: where refused readers are told why, and others that they need a WebSocket. */
export const liveRoute = (door: Door): Step => ({
  name: 'Origin, then token',
  section: '12',
  run: (context) => {
    context.cors = ['Vary', 'Origin']
    const origin = context.header('origin')
    const query = context.target.split('?', 2)[1]
    const refusal = refusalOf(door, {
      origin,
      host: context.header('host'),
      protocols: context.header('sec-websocket-protocol'),
      token: new URLSearchParams(query).get('token'),
    })
    if (refusal === 'ORIGIN_NOT_ALLOWED') return refuse(context, refusal, { origin: origin ?? '' })
    if (refusal !== null) return refuse(context, refusal)
    return refuse(context, 'UPGRADE_REQUIRED', {}, HOW)
  },
})
