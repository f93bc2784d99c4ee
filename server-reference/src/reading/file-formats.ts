import type { ReadCall } from '../store/reading.js'
import { callJson } from './call-json.js'
import { CSV_START, csvRow } from './csv.js'
import { createLocalTime } from './local-time.js'
import type { CallsRequest, Format } from './read-query.js'

/** Describes how calls are written into a file. */
export interface FileFormat {
  type: string
  extension: string
  /** Stands before the first call. */
  head: string
  /** Returns the call's row; an empty text omits the call. */
  row(call: ReadCall): string
}

/** Every format that is a file. */
export const fileFormat = (
  { timeZone, conversion, currency }: Pick<CallsRequest, 'timeZone' | 'conversion' | 'currency'>,
  format: Exclude<Format, 'json'>,
): FileFormat => {
  if (format === 'ndjson')
    return {
      type: 'application/x-ndjson',
      extension: 'ndjson',
      head: '',
      row: (call) => JSON.stringify(callJson(call)) + '\n',
    }
  const localTime = createLocalTime(timeZone)
  return format === 'csv'
    ? csv(timeZone, localTime)
    : googleAds(timeZone, localTime, conversion, currency)
}

const csv = (timeZone: string, localTime: (ms: number) => string): FileFormat => ({
  type: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  head:
    CSV_START +
    csvRow([
      `time (${timeZone})`,
      'action',
      'target',
      'page',
      'status',
      'visitor',
      'session',
      'gclid',
      'gbraid',
      'wbraid',
      'click_id',
      'value',
      'marked',
      'call_id',
      'site_id',
    ]),
  row: (call) =>
    csvRow([
      localTime(call.occurredUs / 1000),
      call.action,
      call.target,
      call.pageUrl,
      call.sessionId === null ? 'unmatched' : 'matched',
      call.fingerprint,
      call.sessionId,
      call.gclid,
      call.gbraid,
      call.wbraid,
      call.clickId,
      call.value,
      call.marked,
      call.callId,
      call.siteId,
    ]),
})

/**
 * Google's click ids are made of these; anything else was invented, and the upload would be refused for it. None begins
 * with `-`, and one that did would be taken for a formula.
 */
const CLICK_ID = /^\w[\w-]{0,255}$/

/**
 * Creates Google Ads' file for conversions from clicks. A row has one click id, in the column of its kind; `Order ID`
 * is the call's id, so that a file that is uploaded twice counts once.
 */
const googleAds = (
  timeZone: string,
  localTime: (ms: number) => string,
  conversion: string,
  currency: string | null,
): FileFormat => ({
  type: 'text/csv; charset=utf-8',
  extension: 'google-ads.csv',
  head:
    csvRow([`Parameters:TimeZone=${timeZone}`]) +
    csvRow([
      'Google Click ID',
      'GBRAID',
      'WBRAID',
      'Conversion Name',
      'Conversion Time',
      'Conversion Value',
      'Conversion Currency',
      'Order ID',
    ]),
  row: ({ gclid, gbraid, wbraid, occurredUs, value, callId }) => {
    const kind = [gclid, gbraid, wbraid].findIndex((id) => id !== null && CLICK_ID.test(id))
    if (kind === -1) return ''
    const ids = [gclid, gbraid, wbraid].map((id, index) => (index === kind ? id : null))
    const hasValue = value !== null && currency !== null
    return csvRow([
      ...ids,
      conversion,
      localTime(occurredUs / 1000),
      hasValue ? value : null,
      hasValue ? currency : null,
      callId,
    ])
  },
})
