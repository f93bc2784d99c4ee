import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createApp } from '../app.js'
import { OTHER_SITE, SITE } from '../testing/sign.js'
import { createWorld } from '../testing/world.js'
import type { OneRequest, OneResponse } from './read-once.js'
import { setupRoutes } from './setup-routes.js'

const TOKEN = 'ops_token-of-the-first-site'
const PAGE = 'https://www.shop.example/'

const open = (answers: Record<string, Partial<OneResponse>> = {}) => {
  const asked: OneRequest[] = []
  const world = createWorld({
    readOnce: async (request) => {
      asked.push(request)
      const answer = answers[request.url]
      return answer === undefined
        ? { problem: 'ENOTFOUND' }
        : { status: 200, headers: [], text: '', ...answer }
    },
  })
  world.store.memory.tokens.set(createHash('sha256').update(TOKEN).digest('hex'), SITE.id)
  const app = createApp(world, setupRoutes(world))
  const get = async (path: string, token = TOKEN) => {
    const response = await app.request(`/api/calls/setup/${path}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { get, asked, world }
}
const query = `server=https://console.example&url=${encodeURIComponent(PAGE)}`

it('a page is read once, with its script and its proxy; the event that the proxy gets is none', async () => {
  const { get, asked } = open({
    [PAGE]: {
      text: `<script src="/core.js" data-ops-site-id="${SITE.publicId}" data-ops-proxy-url="/ops"></script>`,
    },
    [`${PAGE}core.js`]: {},
    [`${PAGE}ops`]: { status: 400, text: '{"code":"INVALID_BODY"}' },
  })
  const { body } = await get(`page?${query}`)
  expect(body).toMatchObject({ findings: [], is_script_there: true, is_proxy_good: true })
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    `GET ${PAGE}`,
    `GET ${PAGE}core.js`,
    `POST ${PAGE}ops`,
  ])
  expect(asked[2]).toMatchObject({
    headers: { Origin: 'https://www.shop.example' },
    body: JSON.stringify({ site_id: SITE.publicId }),
  })
})

it.each<[string, Record<string, Partial<OneResponse>>, string, string]>([
  ['no such page', {}, 'page-unreachable', 'ENOTFOUND'],
  ['a page that is away', { [PAGE]: { status: 503 } }, 'page-unreachable', 'HTTP 503'],
  [
    'a redirect',
    { [PAGE]: { status: 301, headers: [['location', 'https://shop.example/']] } },
    'page-redirected',
    'https://shop.example/',
  ],
])('%s is named', async (_, answers, id, words) => {
  const { get } = open(answers)
  const { findings } = (await get(`page?${query}`)).body as {
    findings: { id: string; title: string }[]
  }
  expect(findings.map((one) => one.id)).toEqual([id])
  expect(findings[0]!.title).toContain(words)
})

it('a wrong token, another site and a bad address are refused before anything is sent', async () => {
  const { get, asked, world } = open()
  expect((await get(`page?${query}`, 'wrong')).status).toBe(401)
  expect((await get(`page?${query}&site=${OTHER_SITE.id}`)).status).toBe(401)
  expect((await get(`page?${query}`, world.liveToken!)).status).toBe(400)
  for (const url of ['', 'file:///etc/passwd', 'https://user:word@shop.example/', 'x'])
    expect((await get(`page?server=https://c.example&url=${encodeURIComponent(url)}`)).status).toBe(
      400,
    )
  expect(asked).toEqual([])
})

it('a site’s page is checked ten times a minute, and no more', async () => {
  const { get, asked } = open()
  for (let n = 0; n < 10; n++) expect((await get(`page?${query}`)).status).toBe(200)
  expect((await get(`page?${query}`)).status).toBe(429)
  expect(asked).toHaveLength(10)
})

it('what is to be pasted has the site’s id and the server, and no secret', async () => {
  const { get } = open()
  const { texts } = (await get('install?server=https://console.example/x')).body as {
    texts: { id: string; code: string }[]
  }
  expect(texts.map(({ id }) => id)).toEqual([
    'tag',
    'wordpress',
    'manager',
    'init',
    'node',
    'fetch',
  ])
  for (const { code } of texts) {
    expect(code).toContain(SITE.publicId)
    expect(code).toContain('https://console.example')
    expect(code).not.toContain(SITE.secret)
  }
})
