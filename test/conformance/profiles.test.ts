import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ORIGIN, SITE } from '../../server-reference/src/testing/sign.js'
import { conformance } from '../../cli/src/commands/conformance.js'
import { startPython } from './support/python.js'
import { formatOf } from '../../cli/src/commands/conformance-output.js'
import { runCommand } from '../../cli/src/conformance/node/run-command.js'
import {
  exitCode,
  formatBadge,
  formatHtml,
  formatJson,
  formatJunit,
  formatMarkdown,
  formatTap,
  formatText,
  judgeRun,
  parseProfiles,
  profileOf,
  PROFILES,
  reportProfiles,
  serverChecks,
  unmet,
  verdictSentence,
  type Result,
  type RunMeta,
} from '../../cli/src/conformance/index.js'

const result = (id: string, verdict: Result['verdict'], more: Partial<Result> = {}): Result => ({
  id,
  level: 'MUST',
  since: '1.0',
  section: 1,
  title: 'a sentence',
  took: 1,
  verdict,
  ...more,
})
const RESULTS = [
  result('signature.good', 'passed'),
  result('origin.signing-disabled', 'unseen', { reason: 'n/a', isSituational: true }),
  result('sync.one', 'passed'),
  result('signature.other-site', 'unseen', { reason: 'needs --other-secret-env, the secret' }),
  result('live.call', 'unseen', { reason: 'needs --live-token-env' }),
  result('limit.v1', 'failed', { reason: 'expected 429 <b>, got 200' }),
]

const metaOf = (results: Result[], required: RunMeta['unmet'] = []): RunMeta => {
  const profiles = reportProfiles(results)
  return {
    kit: '0.1.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    tookMs: 1_500,
    requests: 7,
    options: ['origin'],
    profiles,
    verdict: verdictSentence(profiles, '1.0'),
    unmet: required,
  }
}

test('every check of a server belongs to a profile that has a name', () => {
  const found = new Set(serverChecks.map(({ id }) => profileOf(id)))
  expect([...found].toSorted()).toEqual(['durable', 'ingest', 'limits', 'live', 'read', 'sync'])
})

test('profiles are named with a plus or a comma, and full is all of them', () => {
  expect(parseProfiles(['ingest+sync', 'live'])).toEqual(['ingest', 'sync', 'live'])
  expect(parseProfiles(['full'])).toEqual([...PROFILES])
  expect(() => parseProfiles(['ingestion'])).toThrow('"ingestion" should be one of the profiles')
})

test('the verdict says what conforms, what does not, and what was not looked at and why', () => {
  expect(metaOf(RESULTS).verdict).toBe(
    'Not conformant with contract 1.0: limits. Conformant with contract 1.0: sync. Conformant as far as it was looked at with contract 1.0: ingest (needs --other-secret-env). Not looked at: live (needs --live-token-env).',
  )
  expect(metaOf([]).verdict).toBe('Nothing was looked at.')
})

test('what was not looked at as a whole does not meet a requirement', () => {
  const reports = reportProfiles(RESULTS)
  expect(unmet(reports, ['sync'])).toEqual([])
  expect(unmet(reports, ['ingest', 'live', 'limits', 'durable'])).toEqual([
    { profile: 'ingest', reason: 'in part (needs --other-secret-env)' },
    { profile: 'live', reason: 'not looked at (needs --live-token-env)' },
    { profile: 'limits', reason: 'not conformant' },
    { profile: 'durable', reason: 'no check of it was run' },
  ])
  const good = RESULTS.slice(0, 3)
  const judgement = judgeRun(good)
  expect(exitCode(judgement, good)).toBe(0)
  expect(exitCode(judgement, good, unmet(reportProfiles(good), ['live']))).toBe(1)
})

test('a run that judged nothing is not conformant, in any report', () => {
  const nothing = [result('live.call', 'unseen', { reason: 'needs --live-token-env' })]
  const judgement = judgeRun(nothing)
  expect(exitCode(judgement, nothing)).toBe(2)
  const meta = metaOf(nothing)
  expect(JSON.parse(formatJson(nothing, 'https://c', judgement, meta)).conformant).toBe(false)
  expect(JSON.parse(formatBadge(meta, false)).message).toBe('not conformant')
  expect(formatText(nothing, { target: 'https://c', judgement, color: false, meta })).toContain(
    'Could not be run to the end',
  )
})

test('a SHOULD that fails is reported and fails nothing', () => {
  const results = [
    ...RESULTS.slice(0, 3),
    result('health.not-cached', 'failed', { level: 'SHOULD', reason: 'Cache-Control is missing' }),
  ]
  const judgement = judgeRun(results)
  expect(exitCode(judgement, results)).toBe(0)
  expect(formatMarkdown(results, 'https://c', judgement, metaOf(results))).toContain('(SHOULD)')
  expect(formatTap(results, judgement)).toContain('# TODO Cache-Control is missing')
})

test('every report has the verdict, and fails on a profile that was required', () => {
  const judgement = judgeRun(RESULTS.slice(0, 3))
  const meta = metaOf(RESULTS.slice(0, 3), [{ profile: 'live', reason: 'no <token>' }])
  const good = RESULTS.slice(0, 3)
  const json = JSON.parse(formatJson(good, 'https://c', judgement, meta))
  expect(json).toMatchObject({
    conformant: false,
    kit: '0.1.0',
    requests: 7,
    verdict: meta.verdict,
  })
  expect(json.results[0]).toMatchObject({ profile: 'ingest', since: '1.0' })
  expect(formatJunit(good, judgement, meta)).toContain('failures="1"')
  expect(formatTap(good, judgement, meta)).toContain('not ok 4 - required live: no <token>')
  for (const report of [
    formatMarkdown(good, 'https://c', judgement, meta),
    formatHtml(good, 'https://c', judgement, meta),
  ]) {
    expect(report).toContain('Required, and not conformant as a whole')
    expect(report).not.toContain('no <token>')
  }
})

test('the page is one file without scripts, and shows text from outside as text', () => {
  const hostile = '<script>alert(1)</script>"\u202e'
  const results = [
    result('limit.v1', 'failed', {
      reason: hostile,
      cause: 'a cause',
      exchanges: [
        {
          request: { method: 'GET', url: 'https://c/x', headers: { 'X-A': hostile } },
          status: 200,
          headers: new Headers({ 'x-b': '<b>' }),
          text: hostile,
          json: {},
        },
      ],
    }),
  ]
  const page = formatHtml(results, hostile, judgeRun(results), metaOf(results))
  expect(page).not.toMatch(/<script|<b>"|\u202e|src=|href=/)
  expect(page).toContain('&#60;script&#62;')
  expect(page).toContain('What it usually means')
  const summary = formatMarkdown(results, hostile, judgeRun(results), metaOf(results))
  expect(summary).not.toContain('<script')
})

test('a file’s end says which report it is', () => {
  expect(['a.html', 'b.xml', 'c.json', 'd.tap', 'e.md', 'x/badge.json'].map(formatOf)).toEqual([
    'html',
    'junit',
    'json',
    'tap',
    'markdown',
    'badge',
  ])
  expect(() => formatOf('report.pdf')).toThrow('should end in')
})

test('a command that leaves a process behind has ended when its shell has', async () => {
  expect(await runCommand('sleep 5 & echo "$OPS_X"', { OPS_X: 'done' }, 4_000)).toBe('done\n')
  await expect(runCommand('echo no >&2; exit 3', {}, 4_000)).rejects.toThrow('ended with 3: no')
  await expect(runCommand('sleep 5', {}, 50)).rejects.toThrow('did not end within 0.05 s')
})

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'opsmantik-reports-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the command waits for a server only as long as it is told', async () => {
  const words = ['http://127.0.0.1:1', '--wait', '0', '--output', join(folder, 'a.md')]
  await expect(conformance(words)).rejects.toThrow(
    'nothing answered at http://127.0.0.1:1 within 0 s',
  )
  expect(() => readFileSync(join(folder, 'a.md'))).toThrow('ENOENT')
})

test('the command refuses a profile or a file’s end that it does not know, before it sends anything', async () => {
  await expect(conformance(['http://127.0.0.1:1', '--require', 'everything'])).rejects.toThrow(
    '--require: "everything" should be one of the profiles',
  )
  await expect(conformance(['http://127.0.0.1:1', '--output', 'x.pdf'])).rejects.toThrow(
    'should end in',
  )
})

test('the command writes several reports of one run', async () => {
  const server = await startPython()
  process.env['KIT_SECRET'] = SITE.secret
  const files = ['r.html', 'r.xml', 'r.json', 'r.tap', 'r.md', 'deeper/badge.json']
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const code = await conformance([
      server.url,
      '--site-id',
      SITE.publicId,
      '--secret-env',
      'KIT_SECRET',
      '--origin',
      ORIGIN,
      '--only',
      'endpoints',
      '--only',
      'sync.one',
      '--require',
      'sync',
      ...files.flatMap((file) => ['--output', join(folder, file)]),
    ])
    expect(code).toBe(0)
    expect(write.mock.calls.join('')).toContain('Conformant')
  } finally {
    write.mockRestore()
    delete process.env['KIT_SECRET']
    await server.stop()
  }
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8')
  const json = JSON.parse(read('r.json'))
  expect(json).toMatchObject({ conformant: true, contract: '1.0', verdict: expect.any(String) })
  expect(json.options).toContain('origin')
  expect(read('r.html')).toContain('endpoints.unknown-path')
  expect(read('r.xml')).toContain('<testsuite')
  expect(read('r.tap')).toContain('TAP version 14')
  expect(read('r.md')).toContain('| sync | conformant |')
  expect(JSON.parse(read('deeper/badge.json'))).toMatchObject({ message: 'ingest, sync' })
  for (const file of files) expect(read(file)).not.toContain(SITE.secret)
})
