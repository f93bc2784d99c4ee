import { SITE_ID } from '@opsmantik/tracker/contract'
import { positionOf } from '../live/position.js'
import { CALLS_READ_MAX, type CallQuery, type ReadCursor } from '../store/reading.js'

export const FORMATS = ['json', 'ndjson', 'csv', 'google-ads'] as const
export type Format = (typeof FORMATS)[number]

/** The parsed query of `GET /api/calls`. */
export interface CallsRequest {
  /** As it was named: a UUID or a public id; null: every site that the token opens. */
  site: string | null
  query: Omit<CallQuery, 'siteId'>
  /** Calls in a file, at most; null: all of them. */
  fileLimit: number | null
  format: Format
  /** IANA name of the zone in which files have their times. */
  timeZone: string
  /** For Google Ads. */
  conversion: string
  /** ISO 4217, for Google Ads; null: no value is exported. */
  currency: string | null
}

interface Issue {
  path: string
  message: string
}

const PAGE = 50
const NAMES = new Set([
  'site',
  'from',
  'to',
  'after',
  'limit',
  'action',
  'matched',
  'search',
  'marked',
  'format',
  'time_zone',
  'conversion',
  'currency',
])
const TYPES: Record<string, Format> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
}

/** Reads the parameters of `GET /api/calls` and its `Accept`. Every problem is named at once. */
export const readQuery = (
  parameters: URLSearchParams,
  accept: string | undefined,
): { request: CallsRequest } | { issues: Issue[] } => {
  const issues: Issue[] = []
  const refuse = (path: string, message: string): null => {
    issues.push({ path, message })
    return null
  }
  const text = (name: string, max: number): string | null => {
    const value = parameters.get(name)
    if (value === null || value === '') return null
    return value.length > max || /\p{Cc}/u.test(value)
      ? refuse(name, `a text of at most ${max} characters`)
      : value
  }
  const choice = <T extends string>(name: string, choices: readonly T[]): T | null => {
    const value = parameters.get(name)
    if (value === null || value === '') return null
    return choices.find((one) => one === value) ?? refuse(name, `one of ${choices.join(', ')}`)
  }
  const time = (name: string): number | null => {
    const value = parameters.get(name)
    if (value === null || value === '') return null
    const at = /^\d{1,14}$/.test(value) ? Number(value) : isoTime(value)
    return Number.isNaN(at)
      ? refuse(name, 'milliseconds since the epoch, or an ISO 8601 time with its zone')
      : at
  }
  const whole = (name: string, max: number): number | null => {
    const value = parameters.get(name)
    if (value === null || value === '') return null
    const n = Number(value)
    return /^\d{1,7}$/.test(value) && n >= 1 && n <= max
      ? n
      : refuse(name, `a whole number from 1 to ${max}`)
  }

  for (const name of new Set(parameters.keys())) {
    if (!NAMES.has(name)) refuse(name.slice(0, 64), 'not known')
    else if (parameters.getAll(name).length > 1) refuse(name, 'given twice')
  }
  const format = choice('format', FORMATS) ?? formatOf(accept)
  const isPage = format === 'json'
  const limit = whole('limit', isPage ? CALLS_READ_MAX : 1_000_000)
  const site = text('site', 64)
  if (site !== null && !SITE_ID.test(site)) refuse('site', 'a UUID or a public id of 32 hex digits')
  const matched = choice('matched', ['true', 'false'])
  const cursor = text('after', 64)
  const after = cursor === null ? null : cursorOf(cursor)
  if (cursor !== null && after === null) refuse('after', 'the `next` of an earlier page')
  const timeZone = text('time_zone', 64) ?? 'UTC'
  if (!isTimeZone(timeZone))
    refuse('time_zone', 'the IANA name of a time zone, such as Europe/Istanbul')
  const currency = text('currency', 3)?.toUpperCase() ?? null
  if (currency !== null && !/^[A-Z]{3}$/.test(currency))
    refuse('currency', 'three letters of ISO 4217')

  const request: CallsRequest = {
    site,
    format,
    timeZone,
    currency,
    conversion: text('conversion', 100) ?? 'Call',
    fileLimit: isPage ? null : limit,
    query: {
      from: time('from'),
      to: time('to'),
      action: text('action', 32),
      isMatched: matched === null ? null : matched === 'true',
      search: text('search', 128),
      withMarked: choice('marked', ['true', 'false']) === 'true',
      hasGoogleClick: format === 'google-ads',
      after,
      limit: isPage ? (limit ?? PAGE) : CALLS_READ_MAX,
    },
  }
  return issues.length > 0 ? { issues } : { request }
}

/** Returns a cursor in the form of `next` and `after`. */
export const writeCursor = ({ occurredUs, callId }: ReadCursor): string => `${occurredUs}-${callId}`

export const cursorOf = (text: string): ReadCursor | null => {
  const position = positionOf(text)
  return position === null || position.callId === null
    ? null
    : { occurredUs: position.us, callId: position.callId }
}

/** Returns a time in milliseconds, or NaN. A time without a zone would be in the server's own. */
const isoTime = (value: string): number =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
    ? Date.parse(value)
    : NaN

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** Returns the first known media type of `Accept` (RFC 9110, 12.5.1: weights decide; equal ones are in order). */
const formatOf = (accept = ''): Format => {
  const wanted = accept
    .split(',')
    .map((part, index) => {
      const [type = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase())
      const weight = parameters.find((one) => one.startsWith('q='))?.slice(2)
      return { format: TYPES[type], weight: weight === undefined ? 1 : Number(weight) || 0, index }
    })
    .filter(({ format, weight }) => format !== undefined && weight > 0)
    .toSorted((a, b) => b.weight - a.weight || a.index - b.index)
  return wanted[0]?.format ?? 'json'
}
