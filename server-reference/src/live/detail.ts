import type { LiveMessage } from '@opsmantik/tracker/contract'

/** Details of one request for the live console, in development only: contract section 12 does not define them. */
export interface Detail {
  method: string
  /** Path and query, less a token. */
  target: string
  requestId: string
  headers: DetailHeader[]
  /** Headers that were more than is shown. */
  headersLeftOut: number
  body: DetailBody
  steps: DetailStep[]
  /** The event's further fields, those that a message of the feed does not have, by name. */
  fields: [name: string, value: string][]
  answer: { status: number; headers: [string, string][]; body: string }
  /** The site's UUID, once a step has found it out. */
  site: string | null
  /** The site as the request itself names it. */
  claimedSite: string | null
  ms: number
}

export interface DetailHeader {
  name: string
  value: string
  hidden?: 'secret' | 'long'
}

export type DetailBody =
  | { state: 'none' }
  /** A step before step 3 stopped the request, so the body was not read. */
  | { state: 'unread'; declared: number | null }
  | { state: 'too large'; declared: number | null }
  | { state: 'broken off' }
  | { state: 'read'; bytes: number; cut: boolean; text: string }
  /** Not UTF-8, or with a NUL in it. */
  | { state: 'read'; bytes: number; cut: boolean; base64: string }

export interface DetailStep {
  /** As contract section 5 counts; absent: a step that is not one of those. */
  number?: number
  name: string
  result: 'passed' | 'stopped' | 'answered' | 'skipped' | 'not reached'
  note?: string
  ms?: number
}

type Call = Extract<LiveMessage, { type: 'call' }>
/**
 * An event that was recorded before. Nothing new was recorded, but a developer who integrates the tracker looks for the
 * press.
 */
type NoopCall = Omit<Call, 'status'> & { status: 'noop' }

/** A message as a console in development gets it. */
export type ConsoleMessage = (LiveMessage | NoopCall) & { detail?: Detail }
