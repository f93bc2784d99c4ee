/** A request as the console and the proxy read it. */
export interface Asked {
  method: string
  url: string
  headers: Headers
  bytes: Uint8Array
  /** The page's origin, or null: no page asked. */
  origin: string | null
}

/** Returns the origin of the page that the test runs in, as a browser would send it, or null if there is no page. */
export const pageOrigin = (): string | null =>
  typeof document === 'undefined' || typeof location === 'undefined'
    ? null
    : // jsdom and happy-dom start at about:blank by default.
      location.origin || 'null'

/**
 * Reads a request and adds `Origin`, which a browser's network layer adds after a service worker has seen the request,
 * and Node never adds. It uses a separate `Headers`, because that of a `Request` refuses the name.
 */
export const read = async (request: Request): Promise<Asked> => {
  const { method, url } = request
  const headers = new Headers([...request.headers])
  const isRead = method === 'GET' || method === 'HEAD'
  const bytes = isRead ? new Uint8Array() : new Uint8Array(await request.arrayBuffer())
  const page = pageOrigin()
  if (page !== null && !isRead && !headers.has('origin')) headers.set('origin', page)
  return { method, url, headers, bytes, origin: headers.get('origin') }
}

/**
 * Returns the same as a `Request`, as far as the server and the proxy use it. The class itself would drop `Origin` in a
 * browser, and jsdom has no streams.
 */
export const toRequest = ({ method, url, headers, bytes }: Omit<Asked, 'origin'>): Request => {
  let rest: Uint8Array | undefined = bytes.length > 0 ? bytes : undefined
  const reader = {
    read: async () => {
      const value = rest
      rest = undefined
      return value ? { done: false, value } : { done: true }
    },
    cancel: async () => {},
  }
  return { method, url, headers, body: { getReader: () => reader } } as unknown as Request
}
