import { expect, it } from 'vitest'
import { call } from '../testing/call.js'
import { createWorld } from '../testing/world.js'

const statusOf = async (headers: Record<string, string | undefined>): Promise<number> =>
  (await call(createWorld(), { headers })).status

it.each([
  'application/json',
  'Application/JSON; charset=utf-8',
  'text/plain',
  'text/plain;charset=UTF-8',
])('%s is taken', async (type) => expect(await statusOf({ 'Content-Type': type })).toBe(200))

it.each([
  '',
  'application/xml',
  'application/jsonp',
  'text/html',
  'application/x-www-form-urlencoded',
  'application/json, application/json',
  'application/json; charset=utf-8, text/plain',
])('"%s" is 415', async (type) => expect(await statusOf({ 'Content-Type': type })).toBe(415))

it.each(['gzip', 'identity', ''])(
  'Content-Encoding "%s" is 415 and says what would be understood',
  async (encoding) => {
    const { status, body, headers } = await call(createWorld(), {
      headers: { 'Content-Encoding': encoding },
    })
    expect(status).toBe(415)
    expect(body).toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' })
    expect(headers.get('accept-encoding')).toBe('identity')
  },
)
