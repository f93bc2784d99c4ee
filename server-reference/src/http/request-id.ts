/** What UUIDs, ULIDs and the ids of common proxies are made of; nothing that could break a log line or a header. */
const WELL_FORMED = /^[\w.:=+/-]{1,128}$/

/** A well-formed incoming id is kept; every other request gets one. */
export const requestIdFor = (received: string | undefined): string =>
  received !== undefined && WELL_FORMED.test(received) ? received : crypto.randomUUID()
