/** Paths of the ingestion server (contract section 1). */
export const CALL_EVENT_V1 = '/api/call-event'
export const CALL_EVENT_V2 = '/api/call-event/v2'
export const SYNC = '/api/sync'
export const HEALTH = '/api/health'
export const LIVE = '/api/live'
export const CALLS = '/api/calls'
export const OPENAPI = '/openapi.json'
export const DOCS = '/docs'
