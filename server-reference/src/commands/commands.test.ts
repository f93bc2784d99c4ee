import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandError } from '../admin/command-error.js'
import type { Database } from '../store/database.js'
import { openEmbedded } from '../store/embedded.js'
import { createSqlStore } from '../store/sql-store.js'
import type { Store } from '../store/store.js'
import { COMMANDS } from './commands.js'

let database: Database
let store: Store

beforeAll(async () => {
  database = await openEmbedded(null)
  store = createSqlStore(database)
}, 60_000)
afterAll(() => store.close())

const run = (name: string, ...words: string[]): Promise<string> =>
  COMMANDS[name]!(
    { database, who: 'ayşe', allowsPrivate: false, url: 'https://calls.example' },
    words,
  )
const addSite = async (...words: string[]): Promise<string> =>
  /^site +(\S+)/.exec(await run('site add', ...words))![1]!
const refused = async (name: string, ...words: string[]): Promise<string> => {
  const error: unknown = await run(name, ...words).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(CommandError)
  return (error as Error).message
}
const tokenIn = (printed: string): string => /^token +(\S+)/.exec(printed)![1]!
const digest = (token: string): string => createHash('sha256').update(token).digest('hex')

it('a token opens its site, is printed once with a link that has it in the fragment, and is stored as a digest only', async () => {
  const site = await addSite()
  const printed = await run('site token add', site, '--name', 'Office')
  const token = tokenIn(printed)
  expect(token).toMatch(/^ops_[\w-]{43}$/)
  expect(printed).toContain(`https://calls.example/#token=${token}`)
  expect(await store.siteOfToken(digest(token))).toBe(site)
  expect(await store.siteOfToken(digest(`${token}x`))).toBeNull()
  const listed = await run('site token list', site)
  expect(listed).toContain('Office')
  expect(listed).not.toContain(token)
  const rows = await database.query('owner', 'select t::text as row from private.site_tokens t')
  expect(JSON.stringify(rows)).not.toContain(token.slice(4))
})

it('a token that is revoked or has expired opens nothing; one of another site cannot be revoked', async () => {
  const site = await addSite()
  const other = await addSite()
  const printed = await run('site token add', site, '--expires', '2999-12-31')
  const id = /^id +(\S+)/m.exec(printed)![1]!
  expect(await run('site token list', site)).toContain('until 2999-12-31')
  await refused('site token revoke', other, id)
  expect(await store.siteOfToken(digest(tokenIn(printed)))).toBe(site)
  await database.query(
    'owner',
    "update private.site_tokens set expires_at = now() - interval '1 second' where id = $1",
    [id],
  )
  expect(await store.siteOfToken(digest(tokenIn(printed)))).toBeNull()
  expect(await run('site token list', site)).toContain('(expired)')
  await run('site token revoke', site, id)
  expect(await run('site token list', site)).toContain('has no tokens')
  for (const day of ['2999-02-30', '2020-01-01', 'tomorrow', '31.12.2999'])
    expect(await refused('site token add', site, '--expires', day)).toContain(day)
})

it('origins are read as ALLOWED_ORIGINS does, with a site or later, each once', async () => {
  const site = await addSite('--origin', 'https://a.example', '--origin', 'https://A.example:443/')
  const origins = async (): Promise<string[]> => {
    const [row] = await database.query<{ origins: string[] }>(
      'owner',
      'select origins from public.sites where id = $1',
      [site],
    )
    return row!.origins
  }
  expect(await origins()).toEqual(['https://a.example'])
  await run('site origin add', site, 'https://b.example')
  await run('site origin add', site, 'https://b.example/')
  expect(await origins()).toEqual(['https://a.example', 'https://b.example'])
  expect(await run('site list')).toContain('https://a.example https://b.example')
  await run('site origin remove', site, 'https://a.example')
  expect(await origins()).toEqual(['https://b.example'])
  expect(await run('site origin remove', site, 'https://b.example')).toContain('names no origin')
  for (const bad of ['a.example', 'https://a.example/path', '*', 'null', 'sites', ''])
    await refused('site origin add', site, bad)
})

it('networks of the site’s own are addresses or CIDR', async () => {
  const site = await addSite()
  expect(await run('site own add', site, '192.0.2.7')).toContain('192.0.2.7/32')
  expect(await run('site own add', site, '2001:db8::1/48')).toContain('2001:db8::/48')
  expect(await run('site own remove', site, '192.0.2.7/32')).not.toContain('192.0.2.7')
  for (const bad of [
    '192.0.2.0/33',
    '192.0.2',
    'x',
    '192.0.2.0/24/1',
    '2001:db8::/129',
    '1.2.3.4/',
  ])
    await refused('site own add', site, bad)
})

it('a visitor who is erased is gone from every table, another one is not, and a retry within 8 days is noop', async () => {
  const site = await addSite()
  await run('site webhook add', site, 'https://crm.example/hook')
  const event = (fingerprint: string) => ({
    siteId: site,
    endpoint: '/api/call-event/v2',
    event: { site_id: site, fingerprint, event_id: randomUUID() },
    replayKey: null,
    digest: 'aa'.repeat(32),
  })
  const page = (fp: string) => ({
    siteId: site,
    event: {
      s: site,
      u: 'https://s.example/',
      sid: `s-${fp}`,
      sm: '2026-11-01',
      ec: 'p',
      ea: 'v',
      meta: { fp },
      event_id: randomUUID(),
    },
  })
  const erased = event('to-be-erased')
  const kept = event('kept')
  await store.recordCall(erased)
  await store.recordCall(kept)
  await store.recordSync([page('to-be-erased')])
  await store.recordSync([page('kept')])
  expect(await run('site erase', site, '--fingerprint', 'to-be-erased')).toBe(
    'Removed 1 calls, 1 sessions and 1 page events of that visitor.',
  )
  for (const table of [
    'calls',
    'sessions',
    'sync_events',
    'unmatched_calls',
    'webhook_deliveries',
    'removed_events',
  ]) {
    const rows = await database.query('owner', `select t::text as row from public.${table} t`)
    expect(JSON.stringify(rows), table).not.toContain('to-be-erased')
    if (!['removed_events', 'unmatched_calls'].includes(table))
      expect(JSON.stringify(rows), table).toContain('kept')
  }
  expect((await store.recordCall(erased)).inserted).toBe(false)
  expect(await run('site log')).not.toContain('to-be-erased')
  await refused('site erase', site)
})

it('a site is renamed; it is removed with everything, but only with --yes', async () => {
  const site = await addSite('--name', 'Old')
  await run('site rename', site, 'New name')
  expect(await run('site list')).toContain('New name')
  await run('site token add', site)
  await run('site webhook add', site, 'https://crm.example/hook')
  expect(await refused('site remove', site)).toContain('--yes')
  await run('site remove', site, '--yes')
  expect(await run('site list')).not.toContain(site)
  await refused('site token list', site)
})

it('every change is logged with who made it and when, and without a secret', async () => {
  const site = await addSite('--origin', 'https://a.example')
  const printed = [
    await run('site token add', site),
    await run('site webhook add', site, 'https://crm.example/hard-to-guess'),
    await run('secret rotate', site),
  ]
  await run('secret promote', site)
  const lines = (await run('site log', site)).split('\n')
  expect(lines.map((line) => line.split('  ').slice(1, 3))).toEqual([
    ['ayşe', 'secret promote'],
    ['ayşe', 'secret rotate'],
    ['ayşe', 'site webhook add'],
    ['ayşe', 'site token add'],
    ['ayşe', 'site add'],
  ])
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/)
  for (const text of printed)
    for (const [secret] of text.matchAll(/(ops_|whsec_|secret +)\S{20,}/g))
      expect(lines.join('\n')).not.toContain(secret.replace(/^secret +/, ''))
  expect(lines.join('\n')).not.toContain('hard-to-guess')
})

it('webhooks go to public addresses over https only', async () => {
  const site = await addSite()
  for (const url of [
    'http://crm.example/',
    'https://127.0.0.1/',
    'https://localhost/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.1.2.3/',
    'https://2130706433/',
    'https://169.254.169.254/latest/meta-data',
    'https://db.internal/',
    'https://u:p@crm.example/',
    'ftp://crm.example/',
    'crm.example',
  ])
    await refused('site webhook add', site, url)
  const printed = await run('site webhook add', site, 'https://crm.example/hook#part')
  expect(printed).toMatch(/secret +whsec_[\w+/=]{40,}/)
  await refused('site webhook add', site, 'https://crm.example/hook')
  expect(await run('site webhook list', site)).toContain('https://crm.example/hook  0 waiting')
  await run('site webhook remove', site, 'https://crm.example/hook')
  expect(await run('site webhook list', site)).toContain('has no webhooks')
})

it('a site that does not exist, a word too few and a word too many are said', async () => {
  const site = await addSite()
  expect(await refused('site token add', 'f'.repeat(32))).toContain('There is no site')
  expect(await refused('site token add')).toContain('expected one site')
  expect(await refused('site rename', site)).toContain('its new name')
  expect(await refused('site origin add', site, 'https://a.example', 'x')).toContain('an origin')
})
