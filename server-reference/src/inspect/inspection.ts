import type { Logger } from 'pino'
import { z } from 'zod'
import { parseOrigins } from '../config/parse-origins.js'
import type { SocketPeer } from '../http/web-context.js'
import { LIMIT_KINDS } from '../limits/contract-limits.js'
import { isOwnHost } from '../live/own-host.js'
import { DROPPED } from './faults.js'
import { createNamespace, type ServerNamespace } from './namespace.js'

export const INSPECT = '/inspect/'

const NAME = /^[\w.-]{1,64}$/
/** More are a test run that forgets to clean up; the oldest go. */
const MOST = 1_000
/** Milliseconds for which one request may wait for an entry: less than the server's own request timeout. */
const LONGEST_WAIT_MS = 10_000

const newNamespace = z.strictObject({
  siteId: z.stringFormat('32 hex digits', /^[\da-f]{32}$/).optional(),
  secret: z.string().min(16).optional(),
  origins: z.array(z.string()).min(1).optional(),
  limits: z.partialRecord(z.enum(LIMIT_KINDS), z.int().min(1)).optional(),
})
const newFault = z.strictObject({
  path: z.string().startsWith('/').optional(),
  status: z.int().min(400).max(599).optional(),
  retryAfter: z.int().min(0).optional(),
  delay: z.int().min(0).max(60_000).optional(),
  drop: z.enum(['before', 'after']).optional(),
  times: z.int().min(1).optional(),
})
const newClock = z.strictObject({ offset: z.number().finite() })

const json = (value: unknown, status = 200): Response => Response.json(value, { status })
const refuse = (status: number, code: string, error: string): Response =>
  json({ error, code, request_id: crypto.randomUUID() }, status)

class Unusable extends Error {}

const read = async <T>(request: Request, schema: z.ZodType<T>): Promise<T> => {
  const text = await request.text()
  let value: unknown
  try {
    value = text === '' ? {} : JSON.parse(text)
  } catch {
    throw new Unusable('the body is not JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new Unusable(
    parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
      .join('; '),
  )
}

/**
 * Creates the inspection API for users' own end-to-end tests: the recorded and the refused requests with their steps,
 * faults and a clock, by namespace. Development and loopback only, and off unless `INSPECT=1`.
 */
export const createInspection = (
  log: Logger,
): ((request: Request, client: SocketPeer) => Promise<Response>) => {
  const namespaces = new Map<string, ServerNamespace>()

  const put = async (name: string, request: Request): Promise<Response> => {
    const { origins, ...options } = await read(request, newNamespace)
    const { entries, problems } = parseOrigins((origins ?? ['*']).join(), false)
    if (problems.length > 0)
      throw new Unusable(problems.join('; ').replaceAll('ALLOWED_ORIGINS', 'origins'))
    namespaces.delete(name)
    const made = createNamespace({ ...options, origins: entries }, log)
    namespaces.set(name, made)
    if (namespaces.size > MOST) namespaces.delete(namespaces.keys().next().value!)
    const base = new URL(`${INSPECT}${name}`, request.url).href
    const { siteId, secret } = made
    return json({ consoleUrl: `${base}/server`, proxyUrl: `${base}/proxy`, siteId, secret }, 201)
  }

  const control = async (
    namespace: ServerNamespace,
    what: string,
    request: Request,
  ): Promise<Response> => {
    const { method, url } = request
    if (what === 'events' && method === 'GET') {
      const { searchParams } = new URL(url)
      const after = Number(searchParams.get('after') ?? 0)
      const wait = Math.min(Number(searchParams.get('wait') ?? 0), LONGEST_WAIT_MS)
      if (!(after >= 0) || !(wait >= 0))
        throw new Unusable('after is an entry’s n, and wait milliseconds')
      return json({ events: await namespace.after(after, wait) })
    }
    if (what === 'faults' && method === 'POST') {
      namespace.faults.add(await read(request, newFault))
      return json({ ok: true }, 201)
    }
    if (what === 'faults' && method === 'DELETE') {
      namespace.faults.clear()
      return json({ ok: true })
    }
    if (what === 'clock' && method === 'PUT') {
      namespace.setClock((await read(request, newClock)).offset)
      return json({ ok: true })
    }
    return refuse(404, 'NOT_FOUND', 'GET events, POST or DELETE faults, PUT clock')
  }

  /** Passes a request to the namespace's server or proxy, without the namespace's prefix in its path. */
  const pass = async (
    namespace: ServerNamespace,
    what: string,
    path: string,
    request: Request,
    client: SocketPeer,
  ): Promise<Response> => {
    if (what === 'proxy')
      return request.method === 'OPTIONS' ? allowEverything(request) : namespace.proxy(request)
    const { origin, search } = new URL(request.url)
    const bare = new Request(origin + (path || '/') + search, request)
    const answer = (await namespace.faults.meet(bare)) ?? (await namespace.app.fetch(bare, client))
    if (answer.headers.has(DROPPED)) client.hangUp?.()
    return answer
  }

  const handle = async (request: Request, client: SocketPeer): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const [name = '', what = '', ...rest] = pathname.slice(INSPECT.length).split('/')
    if (!isOwnHost(request.headers.get('host') ?? new URL(request.url).host, '127.0.0.1'))
      return refuse(403, 'LOOPBACK_ONLY', 'The inspection API answers to loopback names only')
    if (!NAME.test(name))
      return refuse(400, 'INVALID_NAMESPACE', 'A namespace is 1 to 64 letters, digits and . _ -')
    const namespace = namespaces.get(name)
    const isTraffic = what === 'server' || what === 'proxy'
    // An open web page must not be able to control a test.
    if (!isTraffic && request.headers.has('origin'))
      return refuse(403, 'NOT_FOR_PAGES', 'The inspection API is for test programs, not for pages')
    if (what === '' && request.method === 'PUT') return put(name, request)
    if (!namespace) return refuse(404, 'NO_SUCH_NAMESPACE', `PUT ${INSPECT}${name} makes it`)
    if (what === '' && request.method === 'DELETE') {
      namespaces.delete(name)
      return json({ ok: true })
    }
    return isTraffic
      ? pass(namespace, what, rest.length > 0 ? '/' + rest.join('/') : '', request, client)
      : control(namespace, what, request)
  }

  return async (request, client) => {
    try {
      return await handle(request, client)
    } catch (error) {
      if (error instanceof Unusable) return refuse(400, 'INVALID_BODY', error.message)
      throw error
    }
  }
}

const allowEverything = (request: Request): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': request.headers.get('origin') ?? '*',
      'Access-Control-Allow-Methods': 'POST, OPTIONS',
      'Access-Control-Allow-Headers': 'Content-Type',
    },
  })
