import type { Check } from '../check.js'
import { answers } from './answers.js'
import { bodies } from './bodies.js'
import { endpoints } from './endpoints.js'
import { health } from './health.js'
import { idempotency } from './idempotency.js'
import { limits } from './limits.js'
import { live } from './live.js'
import { order } from './order.js'
import { origins } from './origins.js'
import type { Server } from './server.js'
import { signatures } from './signatures.js'
import { sockets } from './sockets.js'
import { smallPrint } from './small-print.js'
import { sync } from './sync.js'

/** Every check of a server, in the order of the contract's sections. */
export const serverChecks: readonly Check<Server>[] = [
  ...endpoints,
  ...origins,
  ...signatures,
  ...order,
  ...bodies,
  ...answers,
  ...idempotency,
  ...limits,
  ...sync,
  ...health,
  ...live,
  ...smallPrint,
  ...sockets,
]
