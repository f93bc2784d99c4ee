import { createProxy, type ProxyOptions } from '../../src/proxy/index.js'

export const siteId = '0123456789abcdef0123456789abcdef'
export const secret = 'a-secret-of-24-characters'
export const now = (): number => 1_767_225_600_999
export const BODY = JSON.stringify({ site_id: siteId, fingerprint: 'v' })
export const OWN = 'https://shop.example'

/** A response as a test compares it. */
export interface ProxyReply {
  response: Response
  status: number
  text: string
  json: Record<string, unknown>
}

/** Opens a proxy in front of an upstream that the test plays. */
export const openProxy = (
  upstream: (request: Request) => Response | Promise<Response> = () => Response.json({ ok: true }),
  options: Partial<ProxyOptions> = {},
) => {
  const seen: { request: Request; body: Uint8Array; signal: AbortSignal }[] = []
  const fake = (async (url: string, init: RequestInit) => {
    const request = new Request(url, init)
    const body = new Uint8Array(await request.clone().arrayBuffer())
    seen.push({ request, body, signal: init.signal! })
    const aborted = new Promise<never>((_, reject) =>
      init.signal!.addEventListener('abort', () => reject(init.signal!.reason)),
    )
    return Promise.race([upstream(request), aborted])
  }) as typeof fetch
  const proxy = createProxy({
    secret,
    consoleUrl: 'https://console.example/',
    now,
    fetch: fake,
    ...options,
  })
  const ask = async (
    method: string,
    headers: Record<string, string> = {},
    body: BodyInit | null = null,
    clientAddress?: unknown,
  ): Promise<ProxyReply> => {
    const init = { method, headers, body, duplex: 'half' } as RequestInit
    const response = await proxy(new Request(OWN + '/ops', init), clientAddress)
    const text = await response.text()
    return { response, status: response.status, text, json: text ? JSON.parse(text) : {} }
  }
  const post = (body: BodyInit | null = BODY, headers: Record<string, string> = {}) =>
    ask('POST', headers, body)
  return { ask, post, seen, proxy }
}
