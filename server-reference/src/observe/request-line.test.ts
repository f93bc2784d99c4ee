import { pino } from 'pino'
import { expect, it } from 'vitest'
import { requestLine, type RequestLine } from './request-line.js'

const line: RequestLine = {
  requestId: '01HZX3-abc.def:=+/_',
  method: "!#$%&'*+-.^_`|~x",
  endpoint: '/api/call-event/v2',
  status: 200,
  code: 'unmatched',
  site: '11111111-2222-4333-8444-555555555555',
  ms: 1.25,
}

/** Returns the line that pino writes for the same fields. */
const byPino = ({ requestId, ...rest }: RequestLine): Record<string, unknown> => {
  let written = ''
  const log = pino({ base: null }, { write: (text: string) => void (written += text) })
  log.info({ request_id: requestId, ...rest }, 'request')
  return JSON.parse(written) as Record<string, unknown>
}

it.each([line, { ...line, site: undefined }])('the line is the one that pino writes: %o', (one) => {
  const written = requestLine(one, 1_763_670_000_000)
  expect(written.endsWith('}\n')).toBe(true)
  const { time, ...rest } = JSON.parse(written) as Record<string, unknown>
  expect(time).toBe(1_763_670_000_000)
  expect({ ...rest, time: 0 }).toEqual({ ...byPino(one), time: 0 })
})
