import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { examine, finding } from './support/expect.js'
import { startGateway } from './support/gateway.js'
import { LIVE_TOKEN, SECRET, SITE, startInMemory, type TestServer } from './support/server.js'

const started: TestServer[] = []
afterEach(async () => {
  for (const one of started.splice(0).toReversed()) await one.stop()
})

/** Pastes a line into a shell. curl gives up by itself if a WebSocket stays open. */
const paste = async (line: string | null, env: Record<string, string> = {}): Promise<string> => {
  const run = promisify(execFile)
  const given = { ...env, PATH: process.env['PATH'] }
  const { stdout } = await run('bash', ['-c', line ?? 'false'], {
    env: given,
    timeout: 9_000,
  }).catch((error: { stdout: string }) => error)
  return stdout
}

it('the line for a preflight, pasted into a shell, shows what the doctor saw', async () => {
  const server = await startInMemory({ ALLOWED_ORIGINS: 'https://customer.example' })
  started.push(server)
  const { request, check } = finding(await examine(server.url), 'origin-not-listed')
  for (const line of [request, check])
    expect(await paste(line)).toMatch(/^HTTP\/1.1 403 [^]*ORIGIN_NOT_ALLOWED/)
})

it('the line for a signed request signs in the shell, with the variable', async () => {
  const server = await startInMemory()
  started.push(server)
  const diagnosis = await examine(server.url, {
    siteId: SITE,
    secretEnv: 'OPS_SECRET',
    env: { OPS_SECRET: 'another-secret-of-24-chars' },
  })
  const { check } = finding(diagnosis, 'secret-wrong')
  expect(await paste(check, { OPS_SECRET: SECRET })).toContain('"INVALID_BODY"')
  expect(await paste(check, { OPS_SECRET: 'another-secret-of-24-chars' })).toContain(
    '"SIGNATURE_INVALID"',
  )
})

it('the line for a body that was rewritten sends those very bytes', async () => {
  const server = await startInMemory()
  const gateway = await startGateway(server.url, {
    there: (asked) => {
      if (asked.body) asked.body = JSON.stringify(JSON.parse(asked.body))
    },
  })
  started.push(server, gateway)
  const diagnosis = await examine(gateway.url, {
    siteId: SITE,
    secretEnv: 'OPS_SECRET',
    env: { OPS_SECRET: SECRET },
  })
  const { check } = finding(diagnosis, 'body-rewritten')
  expect(await paste(check, { OPS_SECRET: SECRET })).toContain('"SIGNATURE_INVALID"')
  const direct = check!.replaceAll(gateway.url, server.url)
  expect(await paste(direct, { OPS_SECRET: SECRET })).toContain('"INVALID_BODY"')
})

it('the line for a WebSocket handshake takes the token from its variable', async () => {
  const server = await startInMemory()
  started.push(server)
  const diagnosis = await examine(server.url, {
    liveTokenEnv: 'TOKEN',
    env: { TOKEN: 'no-such-token' },
  })
  const { request } = finding(diagnosis, 'live-token-wrong')
  expect(await paste(request, { TOKEN: 'no-such-token' })).toContain('LIVE_TOKEN_REQUIRED')
  expect(await paste(request, { TOKEN: LIVE_TOKEN })).toMatch(/^HTTP\/1.1 101 /)
})

it('the line for a clock prints the difference', async () => {
  const server = await startInMemory({}, { now: () => Date.now() + 100_000 })
  started.push(server)
  const { check } = finding(await examine(server.url), 'clock-differs')
  expect(Number(await paste(check))).toBeGreaterThan(95)
})
