import { createHmac } from 'node:crypto'
import { expect } from 'vitest'

/** One case of `refusals` in the vectors. */
export interface RefusalCase {
  name: string
  role?: 'proxy'
  state?: string
  method: string
  paths: string[]
  headers: Record<string, string>
  signed?: { site_id: string; secret: string; age_seconds: number }
  body: string
  body_times?: number
  body_hex?: string
  times?: number
  status: number
  code: string
  issues?: string[]
  extra?: Record<string, string>
}

/** Builds the request as docs/vectors.md says, for a server whose clock says `nowMs`. */
export const requestOf = (
  { method, headers, signed, body, body_times = 1, body_hex }: RefusalCase,
  url: string,
  nowMs: number,
): Request => {
  const bytes =
    body_hex === undefined ? Buffer.from(body.repeat(body_times)) : Buffer.from(body_hex, 'hex')
  const ts = String(Math.floor(nowMs / 1000) - (signed?.age_seconds ?? 0))
  const added = signed && {
    'X-Ops-Site-Id': signed.site_id,
    'X-Ops-Ts': ts,
    'X-Ops-Signature': createHmac('sha256', signed.secret)
      .update(`${ts}.`)
      .update(bytes)
      .digest('hex'),
  }
  return new Request(url, {
    method,
    headers: { ...added, ...headers },
    body: method === 'GET' || bytes.length === 0 ? null : new Uint8Array(bytes),
  })
}

/** Compares the paths of `issues` with those of the case. */
export const expectIssuePaths = (body: Record<string, unknown>, { issues }: RefusalCase): void => {
  if (issues === undefined) return
  const found = body['issues'] as { path: string; message: string }[]
  expect(found.map(({ path }) => path)).toEqual(expect.arrayContaining(issues))
}
