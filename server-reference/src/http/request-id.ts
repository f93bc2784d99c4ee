import { randomUUID } from 'node:crypto'
import { REQUEST_ID_HEADER } from '@opsmantik/tracker/contract'
import type { Step } from '../env.js'

/** What UUIDs, ULIDs and the ids of common proxies are made of; nothing that could break a log line or a header. */
const WELL_FORMED = /^[\w.:=+/-]{1,128}$/

/** A well-formed incoming id is kept; every other request gets one. */
export const requestIdFor = (received: string | undefined): string =>
  received !== undefined && WELL_FORMED.test(received) ? received : randomUUID()

/** Every answer says which request it belongs to. */
export const requestId: Step = async (c, next) => {
  const id = requestIdFor(c.req.header(REQUEST_ID_HEADER))
  c.set('requestId', id)
  c.header(REQUEST_ID_HEADER, id)
  await next()
}
