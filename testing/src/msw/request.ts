/** A request as the console and the proxy read it. */
export interface Asked {
  method: string
  url: string
  headers: Headers
  bytes: Uint8Array
  /** The page's origin, or null: no page asked. */
  origin: string | null
}

/** The origin of the page that the test runs in, as a browser would send it, or null where there is no page. */
export const pageOrigin = (): string | null =>
  typeof document === 'undefined' || typeof location === 'undefined'
    ? null
    : // jsdom and happy-dom start at about:blank where nobody says otherwise.
      location.origin || 'null'

/**
 * What the network layer of a browser adds after a service worker has seen the request, or Node never does: `Origin`.
 * A `Headers` of its own: one that belongs to a `Request` refuses the name.
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
 * The same as a `Request`, as far as the console and the proxy look at one. The class itself would drop `Origin` in a
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
