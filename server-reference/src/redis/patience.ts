/** Milliseconds that a request waits for a store on the same network, and for one over HTTP (contract section 9). */
export const PATIENCE_TCP_MS = 50
export const PATIENCE_HTTP_MS = 500
