import { expect, it } from 'vitest'
import type { Store } from '../store/store.js'
import { OTHER_SITE, SITE, signed } from './sign.js'

const claim = (body = '{}', options: Parameters<typeof signed>[1] = {}) => {
  const headers = signed(body, options)
  return {
    site: headers['X-Ops-Site-Id']!,
    ts: headers['X-Ops-Ts']!,
    signature: headers['X-Ops-Signature']!,
    body,
  }
}

/** Tests how every store must verify signatures and resolve site ids (contract section 3). */
export const verifySuite = (open: () => { store: Store }): void => {
  const inTime = (): string => String(Math.floor(Date.now() / 1000))

  it('a right signature gives the site, by UUID with or without dashes and by public id, in either case', async () => {
    const { store } = open()
    for (const site of [
      SITE.publicId,
      SITE.id,
      SITE.id.replaceAll('-', ''),
      SITE.id.toUpperCase(),
      SITE.publicId.toUpperCase(),
    ])
      expect(await store.verify(claim('{}', { site }))).toBe(SITE.id)
  })

  it('a signature of one wrong digit, another body, another secret or another site gives null', async () => {
    const { store } = open()
    const good = claim('{"a":1}')
    const last = good.signature.endsWith('0') ? '1' : '0'
    expect(
      await store.verify({ ...good, signature: good.signature.slice(0, 63) + last }),
    ).toBeNull()
    expect(await store.verify({ ...good, body: '{"a":2}' })).toBeNull()
    expect(await store.verify(claim('{}', { secret: OTHER_SITE.secret }))).toBeNull()
    expect(await store.verify({ ...good, site: OTHER_SITE.id })).toBeNull()
    expect(await store.verify({ ...good, site: 'f'.repeat(32) })).toBeNull()
  })

  it('a signature in upper case holds', async () => {
    const good = claim()
    expect(await open().store.verify({ ...good, signature: good.signature.toUpperCase() })).toBe(
      SITE.id,
    )
  })

  it('a timestamp with leading zeros is verified as it was sent', async () => {
    const { store } = open()
    const padded = claim('{}', { ts: '0' + inTime() })
    expect(await store.verify(padded)).toBe(SITE.id)
    expect(await store.verify({ ...padded, ts: inTime() })).toBeNull()
  })

  it('the verifier’s time window is 30 s wider than the API’s at both ends, whose clock decides', async () => {
    const { store } = open()
    const at = (offset: number): string => String(Math.floor(Date.now() / 1000) + offset)
    for (const offset of [-320, -301, 61, 90])
      expect(await store.verify(claim('{}', { ts: at(offset) })), `${offset} s`).toBe(SITE.id)
    for (const offset of [-331, 100])
      expect(await store.verify(claim('{}', { ts: at(offset) })), `${offset} s`).toBeNull()
  })

  it('bodies with escapes, Unicode and a byte order mark are signed as they are', async () => {
    const { store } = open()
    for (const body of [
      '{"a":"\\u0131\\\\x41\\/"}',
      'çağrı ☎️ 電話 😀',
      '\uFEFF{}',
      '',
      'a\'b"c,{}',
    ])
      expect(await store.verify(claim(body))).toBe(SITE.id)
  })

  it('resolves an identifier or says null', async () => {
    const { store } = open()
    expect(await store.resolve(SITE.publicId.toUpperCase())).toBe(SITE.id)
    expect(await store.resolve(OTHER_SITE.id.replaceAll('-', ''))).toBe(OTHER_SITE.id)
    for (const unknown of ['', 'x', 'f'.repeat(32), `{${SITE.id}}`, `${SITE.id} `, "'; drop"])
      expect(await store.resolve(unknown)).toBeNull()
  })
}
