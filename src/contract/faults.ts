/** Names a row of the outcome table: what a response reports to be at fault (contract section 13). */
export type Fault = 'nothing' | 'event' | 'clock' | 'path' | 'configuration'

/** One row of the outcome table. */
export interface FaultRow {
  /** The responses that belong to it, in words; the rows are tried from the top. */
  responses: string
  /** The fault, in words. */
  wrong: string
  /**
   * The client's action on the event.
   * - `forget`: it is recorded
   * - `drop`: it can never be recorded; count it and say why
   * - `correct`: set the clock by `server_ts`, sign again and resend immediately, once; then `retry`
   * - `retry`: keep it; exponential backoff with full jitter, first within 2 s, at most 10 minutes apart
   * - `retry-rarely`: keep it; first after about a minute, doubling up to an hour, jittered
   */
  client: 'forget' | 'drop' | 'correct' | 'retry' | 'retry-rarely'
}

/** The outcome table of contract section 13, in its order. `REFUSALS` says under which row each code falls. */
export const FAULTS: Record<Fault, FaultRow> = {
  nothing: {
    responses: 'any 2xx that is not HTML',
    wrong: 'nothing',
    client: 'forget',
  },
  event: {
    responses: '400 INVALID_JSON or INVALID_BODY, 413 PAYLOAD_TOO_LARGE',
    wrong: 'the event itself',
    client: 'drop',
  },
  clock: {
    responses: '401 SIGNATURE_TIMESTAMP_INVALID with server_ts',
    wrong: 'the device’s clock',
    client: 'correct',
  },
  path: {
    responses: 'no response, 408, 425, 429, 5xx',
    wrong: 'the path to the server',
    client: 'retry',
  },
  configuration: {
    responses: 'everything else',
    wrong: 'the configuration, or an intermediary that responded in the server’s place',
    client: 'retry-rarely',
  },
}
