import { http, HttpResponse, type RequestHandler } from 'msw'
import { REFUSALS, type Code } from '@opsmantik/tracker/contract'
import { createProxy } from '@opsmantik/tracker/proxy'
import { fits, WAIT_TIMEOUT_MS } from '../calls.js'
import { startConsole } from './console.js'
import { hintFor } from './hint.js'
import { createJournal } from './journal.js'
import type { OpsmantikKit } from './kit.js'
import type { OpsmantikOptions } from './options.js'
import { pageOrigin, read, toRequest, type Asked } from './request.js'
import { createScenarios, type Conditions } from './scenarios.js'
import { readSettings, type MswSettings } from './settings.js'
import { sign } from './sign.js'

/** Contract section 16. */
const HEADERS_MAX_BYTES = 16_384

const pause = (ms: number, signal?: AbortSignal | null): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new Error('nobody waits any more'))
    })
  })

/**
 * Returns true if the page must not read the response: a cross-origin page needs the response's permission (Fetch,
 * 4.10), which Mock Service Worker does not check.
 */
const isHidden = ({ origin, url }: Asked, headers: Headers): boolean =>
  pageOrigin() !== null &&
  origin !== null &&
  origin !== new URL(url).origin &&
  headers.get('access-control-allow-origin') !== origin

/**
 * Returns the refusal of a request that the reference server's socket refuses before its application sees it (contract
 * section 16).
 */
const tooLarge = ({ headers }: Asked): Response | undefined => {
  const size = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
  if (size <= HEADERS_MAX_BYTES) return undefined
  const { status, error } = REFUSALS.HEADERS_TOO_LARGE
  return HttpResponse.json(
    { error, code: 'HEADERS_TOO_LARGE', request_id: crypto.randomUUID() },
    { status },
  )
}

/** Returns the pattern of an address. A relative one belongs to the page; without a page, to any host. */
const pattern = (url: string): string =>
  url.startsWith('/') && pageOrigin() === null ? '*' + url : url

/**
 * Begins a period that lasts until the next reset. Requests still in flight when it ends are recorded in it, where no
 * test sees them.
 */
const begin = (settings: MswSettings) => {
  const journal = createJournal()
  const scenarios = createScenarios()
  const now = (): number => Date.now() + scenarios.aheadSeconds() * 1000
  const ask = startConsole(settings, now, {
    call: journal.add,
    view: (view) => journal.views.push(view),
  })
  return { journal, scenarios, now, ask }
}

/**
 * Creates a server of the contract, and a first-party proxy before it, for Mock Service Worker: the reference server
 * itself, on a store in memory.
 *
 * @example
 * const kit = opsmantik()
 * const server = setupServer(...kit.handlers)
 * createTracker({ siteId: kit.siteId, proxyUrl: kit.proxyUrl })
 * await kit.waitForCall({ intent_action: 'phone' })
 * @throws TypeError if an option is invalid
 */
export const opsmantik = (options: OpsmantikOptions = {}): OpsmantikKit => {
  const settings = readSettings(options)
  const { consoleUrl, proxyUrl, syncUrl, siteId, secret } = settings
  let era = begin(settings)

  const throughProxy = (
    asked: Asked,
    conditions: Conditions,
    { ask, now }: Pick<ReturnType<typeof begin>, 'ask' | 'now'>,
  ): Promise<Response> => {
    const proxy = createProxy({
      consoleUrl,
      secret,
      siteId,
      now,
      sign,
      fetch: async (url, init) => {
        const response = await ask(
          {
            method: 'POST',
            url: String(url),
            headers: new Headers(init!.headers),
            bytes: init!.body as Uint8Array,
          },
          conditions,
        )
        if (conditions.slow > 0) await pause(conditions.slow, init!.signal)
        return response
      },
    })
    // One that believes to be somewhere else takes the page for a foreign one.
    const url = conditions.blocked ? 'https://blocked.invalid/' : asked.url
    const headers = new Headers([...asked.headers])
    if (conditions.blocked) headers.delete('host')
    return proxy(toRequest({ ...asked, url, headers }))
  }

  const answer = async (request: Request, isProxied: boolean): Promise<Response> => {
    const { journal, scenarios, ask, now } = era
    const asked = await read(request)
    journal.requests.push(`${asked.method} ${asked.url}`)
    const conditions = scenarios.take(asked.method, asked.origin !== null)
    if (conditions.offline) return HttpResponse.error()

    const given = await (isProxied
      ? throughProxy(asked, conditions, { ask, now })
      : (tooLarge(asked) ?? ask(asked, conditions)))
    const { status, headers } = given
    const text = await given.text()
    // The response to HEAD has no body, and a HEAD is never meant as an event.
    if (status >= 400 && text !== '') {
      const { code, issues } = JSON.parse(text) as {
        code: Code
        issues?: { path: string; message: string }[]
      }
      journal.refusals.push({
        status,
        code,
        hint: hintFor(code, asked, conditions, settings),
        method: asked.method,
        url: asked.url,
        origin: asked.origin,
        ...(issues ? { issues } : {}),
      })
    }
    if (!isProxied && conditions.slow > 0) await pause(conditions.slow)
    if (isHidden(asked, headers)) return HttpResponse.error()
    return new HttpResponse(text || null, { status, headers })
  }

  const proxied = [proxyUrl, ...(syncUrl === undefined ? [] : [syncUrl])]
  const handlers: RequestHandler[] = [
    ...proxied.map((url) => http.all(pattern(url), ({ request }) => answer(request, true))),
    http.all(consoleUrl + '/*', ({ request }) => answer(request, false)),
  ]

  return {
    handlers,
    consoleUrl,
    proxyUrl,
    siteId,
    secret,
    calls: (filter) => era.journal.calls.filter((call) => fits(filter, call)),
    refused: () => [...era.journal.refusals],
    views: () => [...era.journal.views],
    waitForCall: (filter, { timeout = WAIT_TIMEOUT_MS } = {}) =>
      era.journal.wait(filter, timeout, era.scenarios.names),
    reset: () => {
      era.journal.close()
      era = begin(settings)
    },
    offline: (given) => era.scenarios.offline(given),
    down: (given) => era.scenarios.down(given),
    rateLimited: (given) => era.scenarios.rateLimited(given),
    originBlocked: (given) => era.scenarios.originBlocked(given),
    refusing: (code, given) => era.scenarios.refusing(code, given),
    clock: (seconds) => era.scenarios.clock(seconds),
    slow: (ms, given) => era.scenarios.slow(ms, given),
  }
}
