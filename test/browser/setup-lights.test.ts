import { expect, it } from 'vitest'
import { decideLights } from '../../server-reference/console/setup-lights.js'

const OK = { state: 'ok', at: 1_790_000_000_000, code: null } as const
const NOTHING = { state: 'waiting', at: null, code: null } as const

const shown = (originAllowed: boolean | null, origin: string | null, asked: string | null) =>
  decideLights(
    {
      site_id: '1',
      public_id: '0123456789abcdef0123456789abcdef',
      origins: [],
      origin_allowed: originAllowed,
      lights: {
        script: NOTHING,
        origin: { ...OK, origin },
        proxy: { ...OK, host: 'unknown' },
        press: OK,
      },
      seen: [],
    },
    null,
    { server: 'https://console.example', origin: asked },
  )

it.each([
  [null, null, null, 'originAllowed', ''],
  [true, null, null, 'originAllowed', ''],
  [null, 'https://shop.example', null, 'originOk', 'https://shop.example'],
  [true, null, 'https://shop.example', 'originOk', 'https://shop.example'],
])(
  'a green origin light names an origin only if there is one: %s, %s, %s',
  (allowed, origin, asked, said, about) => {
    expect(shown(allowed, origin, asked)[1]).toMatchObject({ state: 'ok', said, about })
  },
)

it('a proxy whose host is unknown is not named', () => {
  expect(shown(null, null, null)[2]).toMatchObject({ light: 'proxy', state: 'ok', about: '' })
})
