import { getRequestListener } from '@hono/node-server'
import { afterEach, expect, it } from 'vitest'
import { createProxy, type ProxyOptions } from '../../src/proxy/index.js'
import type { Diagnosis, DoctorOptions } from '../../cli/src/doctor/index.js'
import { examine, errorsOf, expectErrors, finding, warningsOf } from './support/expect.js'
import { startGateway, startPlain, type GatewayFaults } from './support/gateway.js'
import { SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})
const keep = (server: TestServer): string => {
  started.push(server)
  return server.url
}

const PATH = '/wp-json/opsmantik/v1/call-event'
const known = { siteId: SITE, secretEnv: 'OPS_SECRET', env: { OPS_SECRET: SECRET } }

/** Starts a real proxy before a real server; `before` sits between page and proxy, `between` behind the proxy. */
const through = async (
  options: Partial<ProxyOptions> = {},
  more: Partial<DoctorOptions> = known,
  faults: { before?: GatewayFaults; between?: GatewayFaults } = {},
): Promise<Diagnosis> => {
  const mine: { origin?: string } = {}
  const server = await startInMemory({ ALLOWED_ORIGINS: '*' })
  const consoleUrl = keep(server)
  const upstream = faults.between
    ? keep(await startGateway(consoleUrl, faults.between))
    : consoleUrl
  const proxy = createProxy({ secret: SECRET, consoleUrl: upstream, ...options })
  const site = keep(
    await startPlain(
      getRequestListener(
        (request) =>
          new URL(request.url).pathname === PATH
            ? proxy(request)
            : new Response('<!doctype html><p>No such page', {
                status: 404,
                headers: { 'Content-Type': 'text/html' },
              }),
        { overrideGlobalObjects: false },
      ),
    ),
  )
  mine.origin = faults.before ? keep(await startGateway(site, faults.before)) : site
  return examine(consoleUrl, { proxyUrl: PATH, ...mine, ...more })
}

/** `*` above allows whatever port the site gets; that is the one error which is not the test's. */
const OPEN = 'origin-reflected'
const only = (diagnosis: Diagnosis, id: string): ReturnType<typeof finding> => {
  expectErrors(diagnosis, OPEN, id)
  return finding(diagnosis, id)
}

it('a good proxy is said to be good, through to the server', async () => {
  const diagnosis = await through({ siteId: SITE })
  expect(errorsOf(diagnosis)).toEqual([OPEN])
  expect(warningsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'proxy-good').title).toBe(
    'The proxy signs, and the server takes its signature',
  )
})

it('without --site-id a good proxy is only said to answer', async () => {
  for (const options of [{}, { siteId: SITE }]) {
    const diagnosis = await through(options, {})
    expect(errorsOf(diagnosis)).toEqual([OPEN])
    expect(finding(diagnosis, 'proxy-good').title).toContain('--site-id')
  }
})

it('a proxy without a secret', async () => {
  const found = only(await through({ secret: undefined }), 'proxy-not-configured')
  expect(found.whose).toBe('proxy')
  expect(found.fix).toMatch(/^OPS_SECRET=<the site’s secret>/)
})

it('a proxy with another secret, while the given one is right', async () => {
  const found = only(
    await through({ secret: 'another-secret-of-24-chars' }),
    'proxy-signature-refused',
  )
  expect(found.whose).toBe('proxy')
  expect(found.title).toContain('while the given secret is right')
  expect(found.fix).toContain('sign and forward these very bytes')
})

it('a proxy whose signature is refused, where no secret was given', async () => {
  const found = only(
    await through({ secret: 'another-secret-of-24-chars' }, { siteId: SITE }),
    'proxy-signature-refused',
  )
  expect(found.title).toContain('--secret-env')
})

it('a proxy that signs the body and forwards another spelling of it', async () => {
  const found = only(
    await through({
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          body: JSON.stringify(JSON.parse(new TextDecoder().decode(init?.body as Uint8Array))),
        }),
    }),
    'proxy-reserialises',
  )
  expect(found.whose).toBe('proxy')
  expect(found.fix).toContain("file_get_contents('php://input')")
})

it('a proxy whose clock is wrong', async () => {
  const found = only(await through({ now: () => Date.now() - 3_600_000 }), 'proxy-clock-wrong')
  expect(found.whose).toBe('clock')
})

it('a proxy for another site', async () => {
  const found = only(await through({ siteId: 'f'.repeat(32) }), 'proxy-other-site')
  expect(found.whose).toBe('proxy')
  expect(found.fix).toContain(`siteId: '${SITE}'`)
})

it('a plugin that is switched off: 404, as a page and in the words of WordPress', async () => {
  const found = only(await through({}, { ...known, proxyUrl: '/wp-json/other' }), 'proxy-missing')
  expect(found.whose).toBe('proxy')
  const inJson = await through({}, known, {
    before: {
      instead: () => ({
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: '{"code":"rest_no_route","message":"No route was found"}',
      }),
    },
  })
  only(inJson, 'proxy-missing')
})

it('a page of HTML with 200, and a firewall with 403', async () => {
  const page = (status: number): GatewayFaults => ({
    instead: () => ({ status, headers: { 'content-type': 'text/html' }, body: '<html>' }),
  })
  only(await through({}, known, { before: page(200) }), 'proxy-html')
  only(await through({}, known, { before: page(403) }), 'proxy-blocked')
})

it('a redirect of the proxy’s address', async () => {
  const found = only(
    await through({}, known, {
      before: {
        instead: ({ path }) => ({ status: 301, headers: { location: `${path}/` }, body: '' }),
      },
    }),
    'proxy-redirect-trailing-slash',
  )
  expect(found.whose).toBe('customer page')
  expect(found.fix).toContain(`${PATH}/"`)
  only(
    await through({}, known, {
      before: {
        instead: () => ({ status: 302, headers: { location: '/wp-login.php' }, body: '' }),
      },
    }),
    'proxy-redirect-elsewhere',
  )
})

it('a proxy that hangs, one that is not there, and one that cannot reach the server', async () => {
  only(await through({}, known, { before: { instead: () => 'hang' } }), 'proxy-no-answer')
  only(await through({}, { ...known, proxyUrl: 'http://127.0.0.1:9/ops' }), 'proxy-connect-refused')
  const away = only(
    await through({ consoleUrl: 'http://127.0.0.1:9' }),
    'proxy-upstream-unreachable',
  )
  expect(away.fix).toMatch(/^consoleUrl: 'http:/)
  only(
    await through({ timeout: 300 }, known, { between: { instead: () => 'hang' } }),
    'proxy-upstream-timeout',
  )
})

/** Starts a proxy on a separate origin, which allows the page's. */
const proxyElsewhere = async (change = (response: Response): Response => response) => {
  const consoleUrl = keep(await startInMemory())
  const proxy = createProxy({
    secret: SECRET,
    consoleUrl,
    origins: ['https://www.customer.example'],
  })
  const answer = async (request: Request): Promise<Response> => change(await proxy(request))
  const site = keep(await startPlain(getRequestListener(answer, { overrideGlobalObjects: false })))
  return examine(consoleUrl, { ...known, proxyUrl: `${site}${PATH}` })
}

it('a proxy on another origin than the page, which allows the page’s: nothing is wrong', async () => {
  const { findings } = await proxyElsewhere()
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
})

it('a proxy on another origin than the page, whose CORS headers something removes', async () => {
  const withoutCors = ({ status, body, headers }: Response): Response => {
    const kept = [...headers].filter(([name]) => !name.startsWith('access-control-'))
    return new Response(body, { status, headers: kept })
  }
  const found = expectErrors(await proxyElsewhere(withoutCors), 'proxy-not-same-origin')
  expect(found.whose).toBe('customer page')
  expect(found.fix).toContain(`data-ops-proxy-url="${PATH}"`)
})

it('a proxy that takes its own host for another refuses its own page', async () => {
  const found = only(
    await through({}, known, {
      before: {
        there: ({ headers }) => {
          headers['host'] = 'internal:8080'
        },
      },
    }),
    'proxy-refuses-own-origin',
  )
  expect(found.fix).toContain('proxy_set_header Host $host')
})

it('a proxy that signs for foreign pages', async () => {
  only(
    await through({}, known, {
      before: {
        there: ({ headers }) => {
          delete headers['origin']
        },
      },
    }),
    'proxy-takes-foreign-origins',
  )
})

it('a proxy that says 200 whatever the server says loses events silently', async () => {
  only(
    await through({}, known, {
      before: {
        back: (answer) => {
          Object.assign(answer, { status: 200, body: '{"success":true}' })
        },
      },
    }),
    'proxy-swallows',
  )
})
