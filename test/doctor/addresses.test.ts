import { createServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { FindingId } from '../../cli/src/doctor/index.js'
import { networkSymptom, tlsSymptoms } from '../../cli/src/doctor/findings/network.js'
import { redirectSymptom } from '../../cli/src/doctor/findings/redirect.js'
import type { Failure, Phase } from '../../cli/src/probe/failure.js'
import type { Observation } from '../../cli/src/probe/node/observe.js'
import { makeAuthority, type Certificates } from './support/certificates.js'

const observed = (url: string, changed: Partial<Observation> = {}): Observation => ({
  sending: { method: 'GET', url, headers: {} },
  status: 0,
  fields: [],
  text: '',
  json: null,
  failure: null,
  sentAt: 0,
  answeredAt: 0,
  ...changed,
})

const failed = (url: string, code: string, phase: Phase): Observation => {
  const failure: Failure = { code, message: `${code} in these tests`, phase }
  return observed(url, { failure })
}

describe('no response comes from the server, or from the proxy', () => {
  it.each<[string, Phase, FindingId, FindingId, string, string]>([
    [
      'ENOTFOUND',
      'lookup',
      'dns-no-such-name',
      'proxy-dns-no-such-name',
      'network',
      'www.shop.example. A <address of the server>',
    ],
    [
      'EAI_AGAIN',
      'lookup',
      'dns-not-answering',
      'proxy-dns-not-answering',
      'network',
      'another network',
    ],
    ['ECONNREFUSED', 'connect', 'connect-refused', 'proxy-connect-refused', 'server', 'PORT='],
    ['TIMEOUT', 'connect', 'connect-timeout', 'proxy-connect-timeout', 'network', 'firewall'],
    ['EHOSTUNREACH', 'connect', 'connect-failed', 'proxy-connect-failed', 'network', 'port 8443'],
    ['TIMEOUT', 'answer', 'no-answer', 'proxy-no-answer', 'server', 'Restart it'],
    ['TIMEOUT', 'body', 'answer-never-ends', 'proxy-answer-never-ends', 'server', 'Restart it'],
    ['ECONNRESET', 'answer', 'connection-cut', 'proxy-connection-cut', 'gateway', 'drops'],
    ['HPE_INVALID_CONSTANT', 'answer', 'not-http', 'proxy-not-http', 'gateway', 'scheme and port'],
  ])('%s while %s is under way', (code, phase, id, proxyId, whose, fix) => {
    const answer = failed('https://www.shop.example:8443/api/health', code, phase)
    const found = networkSymptom(answer)
    expect(found).toMatchObject({
      id,
      severity: 'error',
      whose,
      saw: expect.stringContaining(code),
    })
    expect(found.fix).toContain(fix)
    expect(found.check).toMatch(/^(dig|curl) .*www\.shop\.example/)
    expect(networkSymptom(answer, 'proxy-')).toMatchObject({
      id: proxyId,
      whose: whose === 'network' ? 'network' : 'proxy',
      fix: found.fix,
    })
  })
})

describe('an address that is redirected', () => {
  const PATH = '/api/call-event'
  it.each<[string, string, FindingId, FindingId, string, string]>([
    [
      'the path itself with a slash',
      'http://shop.example/api/call-event/',
      'redirect-trailing-slash',
      'proxy-redirect-trailing-slash',
      'gateway',
      'customer page',
    ],
    [
      'https',
      'https://shop.example/api/call-event',
      'redirect-http-to-https',
      'proxy-redirect-http-to-https',
      'customer page',
      'customer page',
    ],
    [
      'another host',
      'http://www.shop.example/api/call-event',
      'redirect-other-host',
      'proxy-redirect-other-host',
      'customer page',
      'customer page',
    ],
    [
      'a login',
      'http://shop.example/login',
      'redirect-elsewhere',
      'proxy-redirect-elsewhere',
      'gateway',
      'proxy',
    ],
  ])('to %s', (_, location, id, proxyId, whose, proxyWhose) => {
    const answer = observed(`http://shop.example${PATH}`, {
      status: 308,
      fields: [['Location', location]],
    })
    const found = redirectSymptom(answer, PATH, 'data-ops-console-url')
    expect(found).toMatchObject({ id, whose, saw: expect.stringContaining(`308 to ${location}`) })
    expect(found.fix).toBeTruthy()
    expect(redirectSymptom(answer, PATH, 'data-ops-proxy-url', 'proxy-')).toMatchObject({
      id: proxyId,
      whose: proxyWhose,
    })
  })
})

describe('TLS', () => {
  const DAY_MS = 86_400_000
  /** A date as openssl writes it, so many days from now. */
  const day = (days: number): string =>
    new Date(Date.now() + days * DAY_MS)
      .toISOString()
      .replaceAll(/[-:T]|\.\d+/g, '')
      .slice(2)

  let authority: Certificates
  beforeAll(() => {
    authority = makeAuthority()
  })
  afterAll(() => authority.remove())

  const started: Server[] = []
  afterEach(async () => {
    for (const server of started.splice(0))
      await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const serve = async (how: { cert: string; key: string }): Promise<string> => {
    const server = createServer(how, (_, response) => response.end())
    started.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }
  const made = (name: string): { cert: string; key: string } =>
    authority.make({ name, from: day(-2), to: day(10) })

  it.each<[FindingId, FindingId, () => { cert: string; key: string }, number, boolean, string]>([
    ['tls-expired', 'proxy-tls-expired', () => made('127.0.0.1'), 11, true, 'certbot renew'],
    ['tls-not-yet-valid', 'proxy-tls-not-yet-valid', () => made('127.0.0.1'), -3, true, 'date -u'],
    ['tls-wrong-name', 'proxy-tls-wrong-name', () => made('other.example'), 0, true, 'server_name'],
    ['tls-not-trusted', 'proxy-tls-not-trusted', () => made('127.0.0.1'), 0, false, 'fullchain'],
    [
      'tls-self-signed',
      'proxy-tls-self-signed',
      () => authority.selfSigned(),
      0,
      false,
      'public authority',
    ],
  ])('%s, %s', async (id, proxyId, certificate, days, isTrusted, fix) => {
    const answer = failed(await serve(certificate()), 'CERT_IN_THESE_TESTS', 'tls')
    const ca = isTrusted ? authority.ca : undefined
    const now = Date.now() + days * DAY_MS
    const [found, ...more] = await tlsSymptoms(answer, ca, now, 3_000)
    expect(more).toEqual([])
    expect(found).toMatchObject({ id, severity: 'error', whose: 'gateway' })
    expect(found!.fix).toContain(fix)
    const ofProxy = await tlsSymptoms(answer, ca, now, 3_000, 'proxy-')
    expect(ofProxy.map((one) => [one.id, one.whose])).toEqual([[proxyId, 'proxy']])
  })

  it('an address that does not speak TLS', async () => {
    const answer = failed('https://127.0.0.1:9/', 'EPROTO', 'tls')
    expect((await tlsSymptoms(answer, undefined, Date.now(), 3_000))[0]!.id).toBe(
      'tls-handshake-failed',
    )
    expect((await tlsSymptoms(answer, undefined, Date.now(), 3_000, 'proxy-'))[0]!.id).toBe(
      'proxy-tls-handshake-failed',
    )
  })
})
