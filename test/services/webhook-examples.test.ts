import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { runInNewContext } from 'node:vm'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, it } from 'vitest'
import { addWebhook } from '../../server-reference/src/admin/webhooks.js'
import { createSqlStore } from '../../server-reference/src/store/sql-store.js'
import { openTestDatabase } from '../../server-reference/src/testing/database.js'
import { SITE } from '../../server-reference/src/testing/sign.js'
import { startSender } from '../../server-reference/src/webhooks/sender.js'

const FOLDER = new URL('../../examples/webhooks/', import.meta.url)
const SECRET = `whsec_${Buffer.from('a secret of more than 24 bytes').toString('base64')}`
const CALL = {
  call_id: randomUUID(),
  site_id: SITE.id,
  occurred_at: '2026-11-21T20:33:15.901Z',
  action: 'phone',
  target: '+905321234567',
  page_url: 'https://shop.example/<!channel>?a=1&b=2',
  gclid: 'Cj0-example',
  gbraid: null,
  wbraid: null,
  value: null,
}

const processes: ChildProcess[] = []
const servers: Server[] = []
afterEach(() => {
  for (const child of processes.splice(0)) child.kill()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Taken {
  path: string
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}
/** What the example sends on to; `answer` decides what it says to the n-th request, from 0. */
const standIn = async (
  answer: (n: number, body: string) => { status: number; text: string },
): Promise<{ url: string; taken: Taken[] }> => {
  const taken: Taken[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    taken.push({ path: request.url!, headers: request.headers, body: JSON.parse(body) })
    const { status, text } = answer(taken.length - 1, body)
    response.writeHead(status).end(text)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`, taken }
}
/** Starts an example and returns its URL and what it wrote. */
const start = async (
  file: string,
  env: Record<string, string>,
): Promise<{ url: string; written: string[] }> => {
  const child = spawn(process.execPath, [new URL(file, FOLDER).pathname], {
    env: { ...process.env, PORT: '0', WEBHOOK_SECRET: SECRET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  processes.push(child)
  const written: string[] = []
  child.stderr.on('data', (data) => written.push(String(data)))
  const [ready] = (await new Promise<string[]>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve([line]))
    child.once('exit', () => reject(new Error(written.join(''))))
  })) as [string]
  return { url: `http://127.0.0.1:${/\d+$/.exec(ready)![0]}/`, written }
}
const deliver = async (url: string, id = `msg_${randomUUID()}`, data: object = CALL) => {
  const body = JSON.stringify({ type: 'call.recorded', timestamp: CALL.occurred_at, data })
  const now = new Date()
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, now, body),
  }
  const response = await fetch(url, { method: 'POST', headers, body })
  return response.status
}

it('Slack: a message for each call, once, without links or mentions that a page made up', async () => {
  const slack = await standIn((n) => ({ status: n === 1 ? 500 : 200, text: 'ok' }))
  const { url, written } = await start('slack.js', { SLACK_URL: slack.url })
  const id = `msg_${randomUUID()}`
  expect([await deliver(url, id), await deliver(url, id)]).toEqual([204, 204])
  expect(slack.taken.map(({ body }) => body)).toEqual([
    {
      text: 'phone: +905321234567 after a Google ad\nhttps://shop.example/&lt;!channel&gt;?a=1&amp;b=2',
    },
  ])
  // Slack fails: the server is told so, sends it again, and the message comes.
  const other = `msg_${randomUUID()}`
  expect([await deliver(url, other), await deliver(url, other)]).toEqual([502, 204])
  expect(slack.taken).toHaveLength(3)
  // A URL of Slack's is a secret.
  expect(written.join('')).toContain('HTTP 500')
  expect(written.join('')).not.toContain('secret-path')
})

it('a wrong signature, none, and too much are refused, and nothing is passed on', async () => {
  const slack = await standIn(() => ({ status: 200, text: 'ok' }))
  const { url } = await start('slack.js', { SLACK_URL: slack.url })
  const status = async (body: string, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(url, { method: 'POST', headers, body })).status
  const signed = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': 'v1,AAAA',
  }
  expect([await status('{}'), await status('{}', signed)]).toEqual([400, 400])
  expect(await status('x'.repeat(70_000), signed)).toBe(413)
  expect(slack.taken).toEqual([])
})

it('e-mail: the provider gets the call with a key that lets it send once', async () => {
  const provider = await standIn(() => ({ status: 200, text: '{"id":"1"}' }))
  const { url } = await start('email.js', {
    EMAIL_API_URL: provider.url,
    EMAIL_API_KEY: 're_key',
    EMAIL_FROM: 'calls@shop.example',
    EMAIL_TO: 'owner@shop.example',
  })
  const id = `msg_${randomUUID()}`
  expect([await deliver(url, id), await deliver(url, id)]).toEqual([204, 204])
  expect(provider.taken).toHaveLength(1)
  expect(provider.taken[0]).toMatchObject({
    headers: { authorization: 'Bearer re_key', 'idempotency-key': id },
    body: {
      from: 'calls@shop.example',
      to: 'owner@shop.example',
      subject: 'New call: phone',
      text: `+905321234567\n${CALL.page_url}\n${CALL.occurred_at}`,
    },
  })
})

it('a sheet: a row for each call, once also after a restart, and no cell is a formula', async () => {
  const rows: string[][] = []
  // What Apps Script offers of its spreadsheet.
  const sheet = {
    createTextFinder: (text: string) => ({
      matchEntireCell: () => ({
        findNext: () => rows.flat().find((cell) => cell === text) ?? null,
      }),
    }),
    appendRow: (row: string[]) => rows.push([...row]),
  }
  const script = runInNewContext(`${readFileSync(new URL('sheet.gs', FOLDER), 'utf8')}; doPost`, {
    PropertiesService: { getScriptProperties: () => ({ getProperty: () => 'the key' }) },
    LockService: { getScriptLock: () => ({ waitLock: () => {}, releaseLock: () => {} }) },
    SpreadsheetApp: { getActiveSpreadsheet: () => ({ getSheets: () => [sheet] }) },
    ContentService: { createTextOutput: (text: string) => text },
  }) as (e: { postData: { contents: string } }) => string
  const google = await standIn((_, body) => ({
    status: 200,
    text: script({ postData: { contents: body } }),
  }))
  const id = `msg_${randomUUID()}`
  const env = { SHEET_URL: google.url, SHEET_KEY: 'the key' }
  const first = await start('sheet.js', env)
  const data = { ...CALL, action: '=HYPERLINK("https://evil.example")' }
  expect(await deliver(first.url, id, data)).toBe(204)
  const second = await start('sheet.js', env)
  expect(await deliver(second.url, id, data)).toBe(204)
  expect(google.taken).toHaveLength(2)
  expect(rows).toEqual([
    [
      id,
      CALL.occurred_at,
      `'=HYPERLINK("https://evil.example")`,
      "'+905321234567",
      CALL.page_url,
      'Cj0-example',
      '',
    ],
  ])
  const wrong = await start('sheet.js', { ...env, SHEET_KEY: 'another' })
  expect(await deliver(wrong.url)).toBe(502)
  expect(rows).toHaveLength(1)
})

it('a recorded call reaches the example from the server’s own queue', async () => {
  const slack = await standIn(() => ({ status: 200, text: 'ok' }))
  const { database } = await openTestDatabase()
  const store = createSqlStore(database)
  const { id, secret } = await addWebhook(database, SITE.id, 'http://127.0.0.1/')
  const { url } = await start('slack.js', { SLACK_URL: slack.url, WEBHOOK_SECRET: secret })
  await database.query('owner', 'update public.site_webhooks set url = $2 where id = $1', [id, url])
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const sender = startSender(database, silent, { allowsPrivate: true, lookMs: 20, idleLookMs: 20 })
  await store.recordCall({
    siteId: SITE.id,
    endpoint: '/api/call-event/v2',
    event: { site_id: SITE.id, fingerprint: 'v', event_id: randomUUID(), intent_action: 'form' },
    replayKey: null,
    digest: 'aa'.repeat(32),
  })
  await expect.poll(() => slack.taken.length).toBe(1)
  expect(slack.taken[0]!.body.text).toContain('form')
  await sender.close()
  await store.close()
})
