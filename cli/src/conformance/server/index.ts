import type { Check } from '../check.js'
import { answers } from './answers.js'
import { bodies } from './bodies.js'
import { bodyFields } from './body-fields.js'
import { bodyText } from './body-text.js'
import { durable } from './durable.js'
import { endpoints } from './endpoints.js'
import { health } from './health.js'
import { idempotency } from './idempotency.js'
import { limits } from './limits.js'
import { limitKeys } from './limit-keys.js'
import { live } from './live.js'
import { liveHandshake } from './live-handshake.js'
import { order } from './order.js'
import { origins } from './origins.js'
import { originsReadable } from './origins-readable.js'
import { originsRequired } from './origins-required.js'
import { reading } from './reading.js'
import { readingFiles } from './reading-files.js'
import { readingToken } from './reading-token.js'
import type { Server } from './server.js'
import { signatureHeaders } from './signature-headers.js'
import { signatureMessage } from './signature-message.js'
import { signatureSites } from './signature-sites.js'
import { signatureWindow } from './signature-window.js'
import { sockets } from './sockets.js'
import { smallPrint } from './small-print.js'
import { storedRows } from './stored-rows.js'
import { sync } from './sync.js'
import { syncBatches } from './sync-batches.js'
import { syncFields } from './sync-fields.js'

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
  ...bodyFields,
  ...bodyText,
  ...answers,
  ...idempotency,
  ...limits,
  ...limitKeys,
  ...sync,
  ...syncBatches,
  ...syncFields,
  ...health,
  ...liveHandshake,
  ...live,
  ...smallPrint,
  ...sockets,
  ...storedRows,
  ...reading,
  ...readingToken,
  ...readingFiles,
  ...durable,
]
