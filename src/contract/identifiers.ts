/** A site's UUID, with all of its dashes or none, or its 32-hex public id; either case (contract section 3). */
export const SITE_ID: RegExp = /^[\da-f]{8}(-?)([\da-f]{4}\1){3}[\da-f]{12}$/i
/** Returns a site's id in the one form in which two can be compared: 32 hex digits in lower case, no dashes. */
export const canonicalSiteId = (id: string): string => id.replaceAll('-', '').toLowerCase()

/** A UUID in its usual form (RFC 9562); any version, because servers only compare it. */
export const UUID: RegExp = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
/** `X-Ops-Ts`: Unix seconds (contract section 3). */
export const TIMESTAMP: RegExp = /^\d{9,12}$/
/** `X-Ops-Signature` (contract section 3). */
export const SIGNATURE: RegExp = /^[\da-f]{64}$/i
