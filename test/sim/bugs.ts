import type { Edit } from './bundle.mjs'

/** Mistakes to be planted, one at a time: what is replaced by what. A text that is not found exactly once is an error. */
export interface Bug {
  name: string
  edits: Edit[]
}

const DELIVERY = 'src/tracker/delivery.ts'
const OUTCOME = 'src/contract/outcome.ts'
const REPLAY = 'server-reference/src/steps/replay.ts'

const bug = (name: string, file: string, find: string, replace: string): Bug => ({
  name,
  edits: [{ file, find, replace }],
})

const DROPS = '/^(400INVALID_(JSON|BODY)|413PAYLOAD_TOO_LARGE)$/'

const REMOVE = 'store.drop(eventId)'
const MAY_PUT = 'isOurs(entry, running)'

export const BUGS: Bug[] = [
  bug('removed by position', DELIVERY, REMOVE, 'store.drop(entries(store)[0].id)'),
  bug('all removed at once', DELIVERY, REMOVE, 'entries(store).forEach((e) => store.drop(e.id))'),
  bug(
    'memory forgotten when storage refuses',
    'src/tracker/storage.ts',
    `        delete memory[key]
      })`,
    `      })
      delete memory[key]`,
  ),
  bug('no lease', DELIVERY, 'put(entry, LEASE + random())', 'put(entry, 0)'),
  bug('lease shorter than the time-out', DELIVERY, 'LEASE = 12_000', 'LEASE = 3_000'),
  bug('lease believed at once', DELIVERY, 'SETTLE = 150', 'SETTLE = 0'),
  bug(
    'stored only once it has failed',
    DELIVERY,
    '    lease(entry)\n    // Every',
    '    if (entry.tries) lease(entry)\n    // Every',
  ),
  bug(
    'forgotten before the answer',
    DELIVERY,
    'const answer = await',
    'store.drop(entry.id); const answer = await',
  ),
  bug(
    'another event_id on a retry',
    DELIVERY,
    'const answer = await send(entry.body,',
    `const other = '$1' + ('' + random()).slice(2, 6)
    const body = entry.tries ? entry.body.replace(/("event_id":")..../, other) : entry.body
    const answer = await send(body,`,
  ),
  bug('not put back after a clear', DELIVERY, MAY_PUT, 'isOurs(entry, false)'),
  bug('a try without its lease has a say', DELIVERY, MAY_PUT, 'true'),
  bug('timer takes what is not due', DELIVERY, 'if (ms > 0) {', 'if (ms > 1e15) {'),
  bug('no timer', DELIVERY, 'timer = after(flush, Math.min(RETRY_MAX_MS, ms))', ''),
  bug('Retry-After ignored', DELIVERY, "answer.headers.get('Retry-After')", 'null'),
  bug(
    'backoff without a cap',
    'src/tracker/retry.ts',
    'Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (tries - 1))',
    '(RETRY_FIRST_MS * 8 ** (tries - 1))',
  ),
  bug('seven days are ten minutes', 'src/contract/limits.ts', '604_800_000', '604_800'),
  bug(
    'dropped on a 5xx',
    OUTCOME,
    "{ status: 'queued', fault: 'path', reason: '' + status }",
    "{ status: status >= 500 ? 'dropped' : 'queued', fault: 'path', reason: '' + status }",
  ),
  bug(
    'dropped on a 429',
    OUTCOME,
    "{ status: 'queued', fault: 'path', reason: '' + status }",
    "{ status: status === 429 ? 'dropped' : 'queued', fault: 'path', reason: '' + status }",
  ),
  bug('dropped on a refusal of the configuration', OUTCOME, DROPS, '/^4..[A-Z]/'),
  bug('dropped on a 4xx without code', OUTCOME, DROPS, '/^4..4../'),
  bug('a page of HTML is an answer', OUTCOME, '/html/i.test', '/neither/i.test'),
  bug('a redirect is an answer', 'src/tracker/transport.ts', 'if (!answer.redirected) ', ''),
  bug(
    'server: key before the commit',
    REPLAY,
    'context.seenAs = key',
    "cache.set(key, { callId: '', digest: context.digest! })",
  ),
  bug(
    'server: no unique index',
    'server-reference/src/store/memory-store.ts',
    'if (earlier !== undefined)',
    'if (earlier === null)',
  ),
  bug(
    'server: failed insert answers 200',
    'server-reference/src/steps/unavailable.ts',
    "return refuse(context, 'STORE_UNAVAILABLE', {}, RETRY_AFTER_OUTAGE)",
    `return { status: 200, headers: [], body: '{"status":"unmatched"}' }`,
  ),
]
