/** The characters of UUIDs, ULIDs and the ids of common proxies; none that could break a log line or a header. */
const WELL_FORMED = /^[\w.:=+/-]{1,128}$/

/** Random for each process; the last group of the UUID counts. A random one for each request costs six times as much. */
const OWN = crypto.randomUUID().slice(0, 24)
let count = Math.floor(Math.random() * 0x100000)

/** Returns the received id if it is well formed, otherwise a new one. */
export const requestIdFor = (received: string | undefined): string =>
  received !== undefined && WELL_FORMED.test(received)
    ? received
    : OWN + (0x100000000000 + ++count).toString(16)
