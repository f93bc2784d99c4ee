import { HEALTH } from '@opsmantik/tracker/contract'
import { must, section, type Check } from '../check.js'
import { expectStatus } from '../expect.js'
import type { Server } from './server.js'

export const health: Check<Server>[] = section(11, [
  {
    id: 'health.shape',
    title: 'GET /api/health is 200 with ok, ts, version, contract, db_ok, limiter and warnings',
    cause: 'A health page of the platform’s own.',
    async run(server) {
      const answer = await server.ask(HEALTH)
      expectStatus(answer, 200, 'health')
      const { ok, ts, version, contract, db_ok, limiter, warnings } = answer.json
      must(
        ok === true && db_ok === true,
        `ok and db_ok should be true, are ${JSON.stringify(ok)} and ${JSON.stringify(db_ok)}`,
        answer,
      )
      must(
        typeof contract === 'string' && /^1\.\d+$/.test(contract),
        `contract should be the version "1.0", is ${JSON.stringify(contract)}`,
        answer,
      )
      must(
        typeof version === 'string' && version !== '',
        `version should be a text, is ${JSON.stringify(version)}`,
        answer,
      )
      must(
        ['redis', 'memory', 'degraded'].includes(String(limiter)),
        `limiter should be redis, memory or degraded, is ${JSON.stringify(limiter)}`,
        answer,
      )
      must(
        Array.isArray(warnings),
        `warnings should be a list, is ${JSON.stringify(warnings)}`,
        answer,
      )
      must(
        typeof ts === 'number' && Number.isFinite(ts),
        `ts should be Unix seconds as a number, is ${JSON.stringify(ts)}`,
        answer,
      )
    },
  },
  {
    id: 'health.warnings',
    title: 'A warning is {"code","message"}, its code an upper-case constant',
    cause: 'Warnings are sentences, and programs have to decide by their words.',
    async run(server) {
      const answer = await server.ask(HEALTH)
      const { warnings } = answer.json
      for (const warning of Array.isArray(warnings) ? (warnings as unknown[]) : []) {
        const { code, message } = Object(warning) as Record<string, unknown>
        must(
          /^[A-Z][A-Z\d_]+$/.test(String(code)) && typeof message === 'string' && message !== '',
          `a warning should be {"code","message"}, is ${JSON.stringify(warning)}`,
          answer,
        )
      }
    },
  },
  {
    id: 'health.clock',
    title: 'ts is the server’s clock, the one that judges timestamps',
    cause: 'A time of start, or milliseconds.',
    async run(server) {
      const answer = await server.ask(HEALTH)
      const { ts } = answer.json
      must(
        Math.abs(Number(ts) - server.now()) <= 10,
        `ts is ${String(ts)}, server_ts of a 401 says ${server.now()}`,
        answer,
      )
    },
  },
  {
    id: 'health.discreet',
    title: 'Health shows no secret, no origin list and no address',
    cause: 'The configuration is printed for convenience.',
    async run(server) {
      const { text, ...answer } = await server.ask(HEALTH)
      const host = new URL(server.origin).hostname
      const { secret, nextSecret, otherSecret, liveToken, siteToken } = server.options
      // A version may have four parts, as an address has.
      const shown = text.replace(JSON.stringify(answer.json['version']), '')
      for (const [name, word] of [
        ['the secret', secret],
        ['the next secret', nextSecret],
        ['the second site’s secret', otherSecret],
        ['the token', liveToken],
        ['the site’s token', siteToken],
        ['an allowed origin', host === new URL(server.options.url).hostname ? undefined : host],
      ])
        must(!word || !text.includes(word), `${name} stands there`, { text, ...answer })
      must(
        !/\b\d{1,3}(\.\d{1,3}){3}\b|postgres(ql)?:|rediss?:|mysql:/.test(shown),
        'an address stands there',
        { text, ...answer },
      )
      const [address] = /\b[a-z\d-]+(\.[a-z\d-]+)+:\d{2,5}\b/i.exec(shown) ?? []
      must(!address, `an address stands there: ${address}`, { text, ...answer })
    },
  },
  {
    id: 'health.not-cached',
    level: 'SHOULD',
    title: 'Health is not cached',
    cause: 'A CDN before the server shows yesterday’s health.',
    async run(server) {
      const answer = await server.ask(HEALTH)
      must(
        /no-store|no-cache|max-age=0/.test(answer.headers.get('cache-control') ?? ''),
        `Cache-Control is ${answer.headers.get('cache-control') ?? 'missing'}`,
        answer,
      )
    },
  },
])
