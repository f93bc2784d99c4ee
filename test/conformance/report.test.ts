import { expect, test } from 'vitest'
import { isPrintable } from '../../cli/src/probe/printable.js'
import {
  curl,
  exitCode,
  formatJson,
  formatJunit,
  formatTap,
  formatText,
  judgeRun,
  readBaseline,
  runChecks,
  Limited,
  Nonconformance,
  NotSeen,
  type Check,
  type Exchange,
} from '../../cli/src/conformance/index.js'

const exchange: Exchange = {
  request: {
    method: 'POST',
    url: 'https://c.example/api/sync',
    headers: { Origin: "https://o'x.example" },
    body: '{"a":"it\'s"}',
  },
  status: 418,
  headers: new Headers({ 'x-request-id': 'r1' }),
  text: '<teapot a="1">',
  json: {},
}

const check = (id: string, run: () => Promise<void>, level: Check<null>['level'] = 'MUST') => ({
  id,
  level,
  since: '1.0',
  section: 1,
  title: `the sentence of ${id}`,
  cause: 'a usual cause',
  run,
})
const CHECKS: Check<null>[] = [
  check('a.passes', async () => {}),
  check('a.fails', async () => {
    throw new Nonconformance('it was 418 & not 200', [exchange])
  }),
  check('b.unseen', async () => {
    throw new NotSeen('needs --flag')
  }),
  check('b.broken', async () => {
    throw new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })
  }),
  check(
    'c.remark',
    async () => {
      throw new Nonconformance('a courtesy is missing')
    },
    'MAY',
  ),
]
const run = (options = {}) => runChecks(CHECKS, () => null, options)

test('a run gives every check its verdict, in their order', async () => {
  const results = await run()
  expect(results.map(({ id, verdict }) => [id, verdict])).toEqual([
    ['a.passes', 'passed'],
    ['a.fails', 'failed'],
    ['b.unseen', 'unseen'],
    ['b.broken', 'broken'],
    ['c.remark', 'failed'],
  ])
  expect(results[3]!.reason).toBe('no answer: fetch failed: ECONNREFUSED')
})

test('only and skip take ids and prefixes, and refuse what names nothing', async () => {
  const chosen = async (options: object) => (await run(options)).map(({ id }) => id)
  expect(await chosen({ only: ['a'] })).toEqual(['a.passes', 'a.fails'])
  expect(await chosen({ only: ['a', 'b.unseen'], skip: ['a.fails'] })).toEqual([
    'a.passes',
    'b.unseen',
  ])
  await expect(run({ only: ['a.f'] })).rejects.toThrow('no check is called a.f')
})

test('a check that does not come to an end is broken, not waited for', async () => {
  const [result] = await runChecks([check('x', () => new Promise(() => {}))], () => null, {
    limit: 20,
  })
  expect(result).toMatchObject({ verdict: 'broken' })
})

test('exit codes: 1 for a failure, 2 where something could not be run, 0 for remarks alone', async () => {
  const code = async (only: string[], baseline: string[] = []) =>
    exitCode(judgeRun(await run({ only }), baseline, false))
  expect(await code(['a', 'b'])).toBe(1)
  expect(await code(['a.passes', 'b'])).toBe(2)
  expect(await code(['a.passes', 'b.unseen', 'c'])).toBe(0)
  expect(await code(['a'], ['a.fails'])).toBe(0)
  expect(await code(['a'], ['a.fails', 'a.passes'])).toBe(1)
})

test('a baseline names known failures; the report names those that are fixed or gone', async () => {
  const baseline = readBaseline('# known\na.fails  # since May\n\na.passes\nz.gone\n')
  expect(baseline).toEqual(['a.fails', 'a.passes', 'z.gone'])
  const judgement = judgeRun(await run(), baseline)
  expect(judgement.failures).toEqual([])
  expect(judgement.known.map(({ id }) => id)).toEqual(['a.fails'])
  expect(judgement.stale).toEqual(['a.passes', 'z.gone'])
})

test('the report names what was sent, what came back, the section and the usual cause', async () => {
  const results = await run()
  const text = formatText(results, {
    color: false,
    target: 'https://c.example',
    judgement: judgeRun(results),
  })
  for (const part of [
    'Conformance with contract 1.0 of https://c.example',
    '✗ a.fails  MUST, section 1: the sentence of a.fails',
    'it was 418 & not 200',
    'Usually: a usual cause',
    curl(exchange.request),
    'x-request-id: r1',
    '<teapot a="1">',
    '– b.unseen: needs --flag',
    '! b.broken: no answer',
    'Not conformant: 1 passed, 2 failed, 2 not judged.',
  ])
    expect(text).toContain(part)
  expect(text).not.toContain('\u001b')
})

test('JSON, JUnit and TAP say the same', async () => {
  const results = await run()
  const judgement = judgeRun(results, ['z.gone'])
  const json = JSON.parse(formatJson(results, 'https://c.example', judgement))
  expect(json).toMatchObject({ contract: '1.0', conformant: false, stale: ['z.gone'] })
  expect(json.results[1].exchanges[0].curl).toBe(curl(exchange.request))
  const junit = formatJunit(results, judgement)
  expect(junit).toContain('name="opsmantik conformance, contract 1.0"')
  expect(junit).toContain('tests="6" failures="2" errors="1" skipped="2"')
  expect(junit).toContain('it was 418 &#38; not 200')
  expect(junit).not.toContain('<teapot')
  const tap = formatTap(results, judgement)
  expect(tap).toMatch(/^TAP version 14\n# contract 1\.0\n1\.\.6\nok 1 - a\.passes/)
  expect(tap).toContain('not ok 2 - a.fails')
  expect(tap).toContain('ok 3 - b.unseen: the sentence of b.unseen # SKIP needs --flag')
  expect(tap).toContain('not ok 5 - c.remark: the sentence of c.remark # TODO')
  expect(tap).toContain('not ok 6 - z.gone')
})

test('JSON says conformant only if the exit code does', async () => {
  for (const only of [['a.passes'], ['b.broken'], ['a.fails'], ['c.remark']]) {
    const results = await run({ only })
    const judgement = judgeRun(results, [], false)
    expect(
      JSON.parse(formatJson(results, 'https://c.example', judgement)).conformant,
      only[0],
    ).toBe(exitCode(judgement) === 0)
  }
  expect(exitCode(judgeRun(await run({ only: ['b.broken'] }), [], false))).toBe(2)
})

test('a prefix ends at a dot or a dash', async () => {
  const checks = [
    check('s.early', async () => {}),
    check('s.window-past', async () => {}),
    check('s.windows', async () => {}),
    check('s.window-future', async () => {}),
  ]
  const results = await runChecks(checks, () => null, { only: ['s.window'] })
  expect(results.map(({ id }) => id)).toEqual(['s.window-past', 's.window-future'])
})

test('a connection that is closed without a response is a failure, with advice', async () => {
  const closed = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  const [result] = await runChecks(
    [check('a.closed', () => Promise.reject(new TypeError('fetch failed', { cause: closed })))],
    () => null,
  )
  expect(result).toMatchObject({
    verdict: 'failed',
    reason: 'the connection was closed without a response (UND_ERR_SOCKET)',
  })
  expect(result!.cause).toContain('look at the server’s log')
})

test('a check that meets a limit which it did not use up waits as told and begins again', async () => {
  let tries = 0
  const waits: [number, string][] = []
  const wait = async (...said: [number, string]): Promise<void> => void waits.push(said)
  const limited = check('a.limited', async () => {
    if (++tries < 3) throw new Limited('share', 7 * tries)
  })
  expect(await runChecks([limited], () => null, { wait })).toMatchObject([{ verdict: 'passed' }])
  expect(waits).toEqual([
    [7, 'the limit "share" of requests is used up for 7 s'],
    [14, 'the limit "share" of requests is used up for 14 s'],
  ])
})

test('a limit that stays used up is said, and is no failure', async () => {
  const limited = check('a.limited', () => Promise.reject(new Limited('', 60)))
  const results = await runChecks([limited], () => null, { wait: async () => {} })
  expect(results).toMatchObject([
    {
      verdict: 'broken',
      reason: 'the limit of requests is used up for 60 s, after 2 waits too',
    },
  ])
  expect(exitCode(judgeRun(results))).toBe(2)
})

test('what a check leaves open is closed, whatever became of it', async () => {
  const ended: string[] = []
  const targetFor = (id: string) => ({ end: () => void ended.push(id) })
  await runChecks(
    [
      check('a.passes', async () => {}),
      check('b.hangs', () => new Promise(() => {})),
      check('c.throws', () => Promise.reject(new Nonconformance('no'))),
    ] as Check<{ end(): void }>[],
    targetFor,
    { limit: 20 },
  )
  expect(ended.toSorted()).toEqual(['a.passes', 'b.hangs', 'c.throws'])
})

test('what a server writes cannot reach the terminal or the lines of a report', async () => {
  const hostile = '\u001b[2J\u009b31m\u202e\nok 1 - forged\n' + 'x'.repeat(9_000)
  const results = await runChecks(
    [
      check('a.fails', async () => {
        throw new Nonconformance(`code is ${hostile}`, [
          { ...exchange, text: hostile, headers: new Headers({ 'x-odd': '\u009b31m' }) },
        ])
      }),
      check('b.unseen', async () => {
        throw new NotSeen(hostile)
      }),
    ],
    () => null,
  )
  const judgement = judgeRun(results)
  for (const report of [
    formatText(results, { color: false, target: 'https://c.example', judgement }),
    formatTap(results, judgement),
    formatJunit(results, judgement),
    formatJson(results, 'https://c.example', judgement),
  ]) {
    expect(isPrintable(report.replaceAll('\n', ''))).toBe(true)
    expect(report).not.toMatch(/^ok 1 - forged/m)
  }
  const text = formatText(results, { color: false, target: 'https://c.example', judgement })
  expect(text.length).toBeLessThan(6_000)
})
