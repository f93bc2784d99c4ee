import { OTHER_SITE, SITE } from '../../../server-reference/src/testing/sign.js'
import { SITE_TOKEN } from '../support/site-token.js'
import {
  changed,
  fault,
  headOf,
  refusal,
  type Around,
  type Change,
  type PlantedFault,
  without,
} from './plant.js'

const CALLS = { path: '/api/calls' }
const isReading = ({ url }: Request): boolean => new URL(url).pathname === CALLS.path
const bearerOf = ({ headers }: Request): string =>
  (headers.get('authorization') ?? '').replace(/^Bearer /, '')
const queryOf = ({ url }: Request): URLSearchParams => new URL(url).searchParams

/** Changes the requests that read; undefined leaves one as it came. */
const asked =
  (change: (request: Request) => Request | Response | undefined): (() => Around) =>
  () =>
  (request, ask) => {
    const other = isReading(request) ? change(request) : undefined
    return other instanceof Response ? other : ask(other ?? request)
  }

/** Changes the responses of those that are meant. */
const answered =
  (
    isMeant: (request: Request, response: Response) => boolean,
    change: Change | ((request: Request) => Change),
  ): (() => Around) =>
  () =>
  async (request, ask) => {
    const kept = headOf(request)
    const response = await ask(request)
    if (!isReading(kept) || !isMeant(kept, response)) return response
    return changed(response, typeof change === 'function' ? change(kept) : change)
  }

const opened = (request: Request): Request =>
  new Request(request.url, {
    headers: { ...Object.fromEntries(request.headers), authorization: `Bearer ${SITE_TOKEN}` },
  })
/** Returns the request with a parameter removed or replaced. */
const asking = (request: Request, name: string, value?: string): Request => {
  const url = new URL(request.url)
  if (value === undefined) url.searchParams.delete(name)
  else url.searchParams.set(name, value)
  return new Request(url, { headers: request.headers })
}

const TOKENS: [name: string, isTaken: (token: string, request: Request) => boolean][] = [
  ['needs no token', (_, { headers }) => !headers.has('authorization')],
  [
    'needs no token for Google Ads',
    (_, request) =>
      !request.headers.has('authorization') && queryOf(request).get('format') === 'google-ads',
  ],
  ['takes any token', (token) => token !== ''],
  ['takes half of a token', (token) => SITE_TOKEN.startsWith(token) && token.length > 8],
  [
    'takes a token without its last character',
    (token) => token.length > 8 && SITE_TOKEN.slice(0, -1) === token,
  ],
  ['takes more than the token', (token) => token.startsWith(SITE_TOKEN)],
  ['compares tokens without case', (token) => token.toLowerCase() === SITE_TOKEN.toLowerCase()],
  [
    'takes Basic credentials',
    (_, { headers }) =>
      headers.get('authorization') === `Basic ${Buffer.from(`:${SITE_TOKEN}`).toString('base64')}`,
  ],
  ['takes the secret for a token', (token) => token === SITE.secret],
]

const tokens: PlantedFault[] = TOKENS.map(([name, isTaken]) =>
  fault(
    `reading ${name}`,
    'read.calls-token',
    asked((request) => (isTaken(bearerOf(request), request) ? opened(request) : undefined)),
  ),
)

const namesOther = (request: Request): boolean =>
  queryOf(request).get('site') === OTHER_SITE.publicId
const namesNobody = (request: Request): boolean =>
  queryOf(request).get('site')?.includes('dead') ?? false
const isOf =
  (isMeant: (request: Request) => boolean, status: number) =>
  (request: Request, response: Response): boolean =>
    response.status === status && isMeant(request)

const sites: PlantedFault[] = [
  fault(
    'reading another site is 403',
    'read.calls-other-site',
    answered(isOf(namesOther, 401), { status: 403 }),
  ),
  fault(
    'reading another site is an empty list',
    'read.calls-other-site',
    asked((request) =>
      namesOther(request) ? Response.json({ calls: [], next: null }) : undefined,
    ),
  ),
  fault(
    'reading a site that does not exist is INVALID_SITE_ID',
    'read.calls-other-site',
    asked((request) => (namesNobody(request) ? refusal(400, 'INVALID_SITE_ID') : undefined)),
  ),
  fault(
    'reading another site has a header of its own',
    'read.calls-other-site',
    answered(isOf(namesOther, 401), { headers: { 'x-site': '1' } }),
  ),
  fault(
    'reading another site has another sentence',
    'read.calls-other-site',
    answered(isOf(namesOther, 401), { json: (json) => ({ ...json, error: 'Not your site' }) }),
  ),
  fault(
    'reading shows every site to every token',
    'read.calls-own-site',
    asked((request) =>
      bearerOf(request) === SITE_TOKEN && !queryOf(request).has('site')
        ? new Request(request.url, { headers: { authorization: 'Bearer the-live-token' } })
        : undefined,
    ),
  ),
]

type PageRow = Record<string, unknown>
const isPage = (_: Request, { status, headers }: Response): boolean =>
  status === 200 && (headers.get('content-type') ?? '').includes('application/json')
const rows = (change: (row: PageRow) => PageRow): Change => ({
  json: (json) => ({ ...json, calls: (json['calls'] as PageRow[]).map(change) }),
})

const PAGES: [name: string, found: string, change: Change][] = [
  ['lacks calls', 'read.calls-json', without('calls')],
  ['lacks request_id', 'read.calls-json', without('request_id')],
  ['lacks the action', 'read.calls-json', rows((row) => ({ ...row, action: null }))],
  [
    'cuts the target',
    'read.calls-json',
    rows((row) => ({ ...row, target: String(row['target']).slice(0, 20) })),
  ],
  ['lacks the page', 'read.calls-json', rows((row) => ({ ...row, page_url: undefined }))],
  [
    'has times in seconds',
    'read.calls-json',
    rows((row) => ({ ...row, occurred_at: Math.floor(Number(row['occurred_at']) / 1000) })),
  ],
  [
    'has the time of the arrival',
    'read.calls-press',
    rows((row) => ({ ...row, occurred_at: row['recorded_at'] })),
  ],
  [
    'names sites by their public id',
    'read.calls-json',
    rows((row) => ({ ...row, site_id: SITE.publicId })),
  ],
  [
    'says matched for every call',
    'read.calls-json',
    rows((row) => ({ ...row, status: 'matched' })),
  ],
  ['hides sessions', 'read.calls-matched', rows((row) => ({ ...row, session_id: null }))],
  ['lacks next', 'read.calls-order', without('next')],
  ['has no next page', 'read.calls-order', { json: (json) => ({ ...json, next: null }) }],
  ['may be cached', 'read.calls-private', { headers: { 'cache-control': 'public, max-age=60' } }],
  [
    'is oldest first',
    'read.calls-order',
    { json: (json) => ({ ...json, calls: (json['calls'] as PageRow[]).toReversed() }) },
  ],
]

const pages: PlantedFault[] = [
  ...PAGES.map(([name, found, change]) =>
    fault(`reading ${name}`, found, answered(isPage, change)),
  ),
  fault(
    'reading ignores the cursor',
    'read.calls-order',
    asked((request) => asking(request, 'after')),
  ),
  fault(
    'reading ignores the limit',
    'read.calls-order',
    asked((request) =>
      queryOf(request).get('limit') === '2' ? asking(request, 'limit', '500') : undefined,
    ),
  ),
  ...['from', 'to'].map((name) =>
    fault(
      `reading ignores ${name}`,
      'read.calls-time',
      asked((request) => (queryOf(request).has('to') ? asking(request, name) : undefined)),
    ),
  ),
  fault(
    'reading knows no times of ISO 8601',
    'read.calls-time',
    asked((request) =>
      /T.*Z$/.test(queryOf(request).get('from') ?? '')
        ? refusal(400, 'INVALID_QUERY', { issues: [{ path: 'from', message: 'a number' }] })
        : undefined,
    ),
  ),
  ...['limit', 'from', 'to', 'after', 'form', 'format'].map((name) =>
    fault(
      `reading ignores ${name} that makes no sense`,
      'read.calls-query',
      asked((request) => {
        const value = queryOf(request).get(name)
        return value !== null && !/^\d{2,}$/.test(value) && value !== 'google-ads'
          ? asking(request, name)
          : undefined
      }),
    ),
  ),
]

const typeOf =
  (type: string) =>
  (_: Request, { status, headers }: Response): boolean =>
    status === 200 && (headers.get('content-type') ?? '').startsWith(type)
const isGoogle = (request: Request, { status }: Response): boolean =>
  status === 200 && queryOf(request).get('format') === 'google-ads'
/** Changes the text of a file. */
const file =
  (
    isMeant: (request: Request, response: Response) => boolean,
    change: (text: string) => string,
  ): (() => Around) =>
  () =>
  async (request, ask) => {
    const kept = headOf(request)
    const response = await ask(request)
    if (!isReading(kept) || !isMeant(kept, response)) return response
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await response.arrayBuffer())
    return new Response(change(text), { headers: response.headers })
  }

const files: PlantedFault[] = [
  fault(
    'reading knows no NDJSON',
    'read.calls-ndjson',
    asked((request) =>
      request.headers.get('accept')?.includes('ndjson')
        ? new Request(request.url, { headers: { authorization: `Bearer ${SITE_TOKEN}` } })
        : undefined,
    ),
  ),
  fault(
    'reading writes NDJSON as a list',
    'read.calls-ndjson',
    file(typeOf('application/x-ndjson'), (text) => `[${text.trim().split('\n').join()}]\n`),
  ),
  fault(
    'reading calls NDJSON JSON',
    'read.calls-ndjson',
    answered(typeOf('application/x-ndjson'), { headers: { 'content-type': 'application/json' } }),
  ),
  fault(
    'reading calls CSV text/plain',
    'read.calls-csv',
    answered(typeOf('text/csv'), { headers: { 'content-type': 'text/plain' } }),
  ),
  fault(
    'reading writes formulas',
    'read.calls-csv',
    file(typeOf('text/csv'), (text) => text.replace(/'(?=[=+\-@\t\r])/g, '')),
  ),
  ...['+', '-', '@', '\t'].map((char) =>
    fault(
      `reading writes cells that begin with ${JSON.stringify(char)}`,
      'read.calls-csv',
      file(typeOf('text/csv'), (text) => text.replaceAll(`'${char}`, char)),
    ),
  ),
  fault(
    'reading doubles no quotes',
    'read.calls-csv',
    file(typeOf('text/csv'), (text) => text.replaceAll('""', '"')),
  ),
  fault(
    'reading separates cells with semicolons',
    'read.calls-csv',
    file(typeOf('text/csv'), (text) => text.replaceAll(',', ';')),
  ),
  fault(
    'reading writes formulas for Google Ads',
    'read.calls-google-ads',
    file(isGoogle, (text) => text.replace(/\r\n(?=[^\r]*gclid_)/, '\r\n=1+1,')),
  ),
  fault(
    'reading exports every call for Google Ads',
    'read.calls-google-ads',
    asked((request) =>
      queryOf(request).get('format') === 'google-ads'
        ? new Request(asking(request, 'format').url, {
            headers: { authorization: `Bearer ${SITE_TOKEN}`, accept: 'text/csv' },
          })
        : undefined,
    ),
  ),
  fault(
    'reading calls Google’s column gclid',
    'read.calls-google-ads',
    file(isGoogle, (text) => text.replace('Google Click ID', 'gclid')),
  ),
  fault(
    'reading writes Google’s times as milliseconds',
    'read.calls-google-ads',
    file(isGoogle, (text) => text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '17953')),
  ),
]

/** Faults of `GET /api/calls`. The server in Python has no such path. */
export const READING_FAULTS: PlantedFault[] = [...tokens, ...sites, ...pages, ...files]
