import type { ShopCall, Shops } from './shop.js'

/** Counts by name. */
type Counts = Record<string, number>

/** The answers to an owner's questions about one period, counted from the generator's own list, without the server. */
export interface ReadAnswers {
  /** Calls that are counted, and those of the period before. */
  total: number
  before: number
  /** By local day (YYYY-MM-DD), then by kind. */
  days: Record<string, Counts>
  kinds: Counts
  /** By the page's URL without its query. */
  pages: Counts
  /** By `medium|source|campaign`, as the URL of the page writes them. */
  campaigns: Counts
  sites: Counts
  /** Calls with a click id of Google Ads, calls without a session, and calls that are not counted. */
  fromGoogleAds: number
  unmatched: number
  marked: number
}

interface Question {
  timeZone: string
  /** First and last local day of the period, YYYY-MM-DD. */
  from: string
  to: string
  /** First local day of the period before. */
  before: string
  /** A shop's id. @default all of them */
  siteId?: string
}

const add = (counts: Counts, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Answers an owner's questions about a period. */
export const answersOf = (
  { calls }: Pick<Shops, 'calls'>,
  { timeZone, from, to, before, siteId }: Question,
): ReadAnswers => {
  // Swedish writes a date as YYYY-MM-DD, which compares as text.
  const days = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' })
  const answers: ReadAnswers = {
    total: 0,
    before: 0,
    days: {},
    kinds: {},
    pages: {},
    campaigns: {},
    sites: {},
    fromGoogleAds: 0,
    unmatched: 0,
    marked: 0,
  }
  for (const call of calls) {
    if (siteId !== undefined && call.shop.id !== siteId) continue
    const day = days.format(call.at)
    if (day < before || day > to) continue
    const isCurrent = day >= from
    if (call.marked !== null) {
      if (isCurrent) answers.marked++
    } else if (isCurrent) countCall(answers, call, day)
    else answers.before++
  }
  return answers
}

const countCall = (answers: ReadAnswers, call: ShopCall, day: string): void => {
  const url = new URL(call.pageUrl)
  const medium =
    call.click === null ? '' : call.click.kind === 'click_id' ? 'click' : call.click.kind
  // As written: the server does not decode what it groups by.
  const parameter = (name: string): string =>
    new RegExp(`[?&]${name}=([^&]*)`).exec(call.pageUrl)?.[1] ?? ''
  answers.total++
  add((answers.days[day] ??= {}), call.kind)
  add(answers.kinds, call.kind)
  add(answers.pages, url.origin + url.pathname)
  add(answers.campaigns, [medium, parameter('utm_source'), parameter('utm_campaign')].join('|'))
  add(answers.sites, call.shop.id)
  if (['gclid', 'gbraid', 'wbraid'].includes(medium)) answers.fromGoogleAds++
  if (call.sid === null) answers.unmatched++
}
