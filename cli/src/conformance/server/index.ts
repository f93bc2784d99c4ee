import type { Check } from '../check.js'
import { answers } from './answers.js'
import { bodies } from './bodies.js'
import { bodyText } from './body-text.js'
import { durable } from './durable.js'
import { endpoints } from './endpoints.js'
import { health } from './health.js'
import { idempotency } from './idempotency.js'
import { limits } from './limits.js'
import { live } from './live.js'
import { liveHandshake } from './live-handshake.js'
import { order } from './order.js'
import { origins } from './origins.js'
import { originsReadable } from './origins-readable.js'
import { originsRequired } from './origins-required.js'
import type { Server } from './server.js'
import { signatureHeaders } from './signature-headers.js'
import { signatureMessage } from './signature-message.js'
import { signatureSites } from './signature-sites.js'
import { signatureWindow } from './signature-window.js'
import { sockets } from './sockets.js'
import { smallPrint } from './small-print.js'
import { storedRows } from './stored-rows.js'
import { sync } from './sync.js'

/** Every check of a server, in the order of the contract's sections. */
export const serverChecks: readonly Check<Server>[] = [
  ...endpoints,
  ...origins,
  ...originsReadable,
  ...originsRequired,
  ...signatureHeaders,
  ...signatureMessage,
  ...signatureWindow,
  ...signatureSites,
  ...order,
  ...bodies,
  ...bodyText,
  ...answers,
  ...idempotency,
  ...limits,
  ...sync,
  ...health,
  ...liveHandshake,
  ...live,
  ...smallPrint,
  ...sockets,
  ...storedRows,
  ...durable,
]
