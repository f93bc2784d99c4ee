import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Diagnosis } from '../../cli/src/doctor/index.js'
import { examine, expectErrors, errorsOf, finding, warningsOf } from './support/expect.js'
import { startGateway, type GatewayFaults } from './support/gateway.js'
import {
  LIVE_TOKEN,
  ORIGIN,
  SECRET,
  SITE,
  startInMemory,
  type TestServer,
} from './support/server.js'

let server: TestServer
let gateway: TestServer | undefined
beforeAll(async () => {
  server = await startInMemory()
})
afterAll(() => server.stop())
afterEach(() => gateway?.stop())

const behind = async (faults: GatewayFaults): Promise<Diagnosis> => {
  gateway = await startGateway(server.url, faults)
  return examine(gateway.url)
}

const behindWithSecret = async (faults: GatewayFaults): Promise<Diagnosis> => {
  gateway = await startGateway(server.url, faults)
  return examine(gateway.url, {
    siteId: SITE,
    secretEnv: 'S',
    liveTokenEnv: 'T',
    env: { S: SECRET, T: LIVE_TOKEN },
  })
}

const ALLOW = 'access-control-allow-origin'
const perfect = {
  [ALLOW]: ORIGIN,
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
  'access-control-max-age': '7200',
  vary: 'Origin',
}

it('a gateway that changes nothing is not noticed, WebSocket included', async () => {
  const diagnosis = await behindWithSecret({})
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual([])
  expect(finding(diagnosis, 'live-good').title).toContain('stays open')
})

it('a gateway that adds the same Access-Control-Allow-Origin a second time', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        if (headers[ALLOW] !== undefined) headers[ALLOW] = [ORIGIN, ORIGIN]
      },
    }),
    'cors-header-doubled',
  )
  expect(found.whose).toBe('gateway')
  expect(found.title).toContain(`${ORIGIN}, ${ORIGIN}`)
  expect(found.fix).toContain('proxy_hide_header Access-Control-Allow-Origin')
  expect(found.seen).toContain('OPTIONS /api/sync')
  expect(found.seen).toContain('POST /api/call-event/v2')
})

it('a gateway that adds * to the server’s own value', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        if (headers[ALLOW] === ORIGIN) headers[ALLOW] = `*, ${ORIGIN}`
      },
    }),
    'cors-header-doubled',
  )
  expect(found.title).toContain(`*, ${ORIGIN}`)
})

it('a gateway that strips the CORS headers', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        for (const name of Object.keys(headers))
          if (name.startsWith('access-control-')) delete headers[name]
      },
    }),
    'cors-headers-missing',
  )
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('proxy_pass_header Access-Control-Allow-Origin')
})

it('a gateway that strips the CORS headers of errors only', async () => {
  const found = expectErrors(
    await behind({
      back: (answer) => {
        if (answer.status >= 400) delete answer.headers[ALLOW]
      },
    }),
    'cors-headers-missing',
  )
  expect(found.seen).not.toContain('OPTIONS')
  expect(found.seen).toContain('POST /api/sync')
})

it('a gateway that sets * on everything', async () => {
  const diagnosis = await behind({
    back: ({ headers }) => {
      headers[ALLOW] = '*'
    },
    instead: ({ method }) =>
      method === 'OPTIONS' ? { status: 204, headers: { ...perfect }, body: '' } : undefined,
  })
  const found = expectErrors(diagnosis, 'origin-wildcard')
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('add_header Access-Control-')
})

it('a gateway that answers the preflight with the server’s 403 and CORS headers of its own', async () => {
  const diagnosis = await behind({
    back: (answer) => {
      if (answer.status === 403) Object.assign(answer.headers, { [ALLOW]: '*' })
    },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['cors-on-refusal'])
  expect(finding(diagnosis, 'cors-on-refusal').whose).toBe('gateway')
})

it('a preflight whose Allow-Headers lacks the signature’s headers', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }, { method }) => {
        if (method === 'OPTIONS' && headers[ALLOW])
          headers['access-control-allow-headers'] = 'Content-Type, Authorization'
      },
    }),
    'cors-request-headers-missing',
  )
  expect(found.title).toContain('x-ops-site-id, x-ops-signature, x-ops-ts')
  expect(found.fix).toContain('Access-Control-Allow-Headers: Content-Type, X-Ops-Site-Id')
})

it('a preflight whose Allow-Methods lacks POST is a warning, as browsers let POST pass', async () => {
  const diagnosis = await behind({
    back: ({ headers }, { method }) => {
      if (method === 'OPTIONS' && headers[ALLOW]) headers['access-control-allow-methods'] = 'GET'
    },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual(['cors-methods-incomplete'])
  expect(diagnosis.exitCode).toBe(0)
})

it('a list that no browser can read', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }, { method }) => {
        if (method === 'OPTIONS' && headers[ALLOW])
          headers['access-control-allow-methods'] = 'POST OPTIONS'
      },
    }),
    'cors-list-malformed',
  )
  expect(found.title).toContain('POST OPTIONS')
})

it('Access-Control-Allow-Credentials, a missing Vary and a missing Expose-Headers are warnings', async () => {
  const diagnosis = await behind({
    back: ({ headers }) => {
      if (!headers[ALLOW]) return
      headers['access-control-allow-credentials'] = 'true'
      delete headers['vary']
      delete headers['access-control-expose-headers']
      delete headers['access-control-max-age']
    },
  })
  expect(errorsOf(diagnosis)).toEqual([])
  expect(warningsOf(diagnosis)).toEqual([
    'vary-origin-missing',
    'cors-allow-credentials',
    'cors-max-age-missing',
    'expose-headers-missing',
  ])
})

it('an origin with a slash at its end is not the origin', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        if (headers[ALLOW]) headers[ALLOW] = `${ORIGIN}/`
      },
    }),
    'cors-origin-misspelt',
  )
  expect(found.fix).toContain(`Access-Control-Allow-Origin: ${ORIGIN} `)
})

it('a cache that hands out another origin’s answer', async () => {
  const found = expectErrors(
    await behind({
      back: ({ headers }) => {
        if (headers[ALLOW]) headers[ALLOW] = 'https://another.example'
      },
    }),
    'cors-answers-another-origin',
  )
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('Vary: Origin')
})

it('a gateway that reflects whatever asks, on preflights and answers', async () => {
  const found = expectErrors(
    await behind({
      instead: ({ method, headers }) =>
        method === 'OPTIONS'
          ? { status: 204, headers: { ...perfect, [ALLOW]: headers['origin'] ?? '' }, body: '' }
          : undefined,
    }),
    'origin-reflected',
  )
  expect(found.whose).toBe('gateway')
  expect(found.check).toContain('https://doctor.invalid')
})

it('a gateway that removes the Origin header', async () => {
  const found = expectErrors(
    await behind({
      there: ({ headers }) => {
        delete headers['origin']
      },
    }),
    'origin-header-stripped',
  )
  expect(found.whose).toBe('gateway')
  expect(found.fix).toContain('proxy_set_header Origin $http_origin')
})

it('a gateway that rewrites the Origin header', async () => {
  const found = expectErrors(
    await behind({
      there: ({ headers }) => {
        if (headers['origin']) headers['origin'] = 'https://console.example'
      },
    }),
    'origin-header-rewritten',
  )
  expect(found.whose).toBe('gateway')
  expect(found.title).toContain('received https://console.example')
  expect(found.seen).toContain('OPTIONS /api/sync')
})

it('a gateway that removes the signature’s headers', async () => {
  const found = expectErrors(
    await behindWithSecret({
      there: ({ headers }) => {
        for (const name of Object.keys(headers)) if (name.startsWith('x-ops')) delete headers[name]
      },
    }),
    'signature-headers-stripped',
  )
  expect(found.whose).toBe('gateway')
})

it('a gateway that writes JSON anew is told from a wrong secret', async () => {
  const found = expectErrors(
    await behindWithSecret({
      there: (asked) => {
        if (asked.body) asked.body = JSON.stringify(JSON.parse(asked.body))
      },
    }),
    'body-rewritten',
  )
  expect(found.whose).toBe('gateway')
})
