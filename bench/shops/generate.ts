import { Random } from '../../test/sim/random.js'
import { KINDS, type ClickKind, type Kind, type Shop, type ShopCall, type Shops } from './shop.js'

interface Options {
  seed: number
  sites: number
  days: number
  /** Milliseconds since the epoch: nothing happens from this moment on. */
  until: number
  /** Visits of an average shop on an average day. @default 40 */
  visits?: number
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Calls of one visit in eight. */
const CALL_CHANCE = 0.125

const NAMES = [
  'Yıldız Çiçek',
  'Ada Nakliyat',
  'Boğaziçi Diş',
  'Kuzey Klima',
  'Elit Çilingir',
  'Mavi Tur',
]
const PAGES = ['/', '/iletisim', '/fiyatlar', '/hizmetler', '/hakkimizda', '/blog/bakim?page=2']
const CAMPAIGNS = ['bahar', 'marka', 'yaz%20indirimi', 'remarketing']
const REFERRERS = ['https://www.google.com/', 'https://www.instagram.com/', null, null]
const DROPS = ['expired', 'INVALID_BODY', 'too many']
/** How likely each kind, each day of the week (from Sunday) and each hour is. */
const KIND_WEIGHTS = [50, 25, 12, 8, 5]
const DAY_WEIGHTS = [0.4, 1.3, 1.2, 1.1, 1.1, 1.2, 0.7]
const HOUR_WEIGHTS = [1, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 8, 9, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]

/** Invents shops, their visitors and their calls. The same options lead to the same shops, to the last character. */
export const generateShops = ({ seed, sites, days, until, visits = 40 }: Options): Shops => {
  const random = new Random(seed)
  const shops = Array.from({ length: sites }, (_, index) => inventShop(random, index))
  const all: Shops = { shops, visits: [], calls: [] }
  for (const [index, shop] of shops.entries()) {
    // Each shop has its own numbers: one more shop does not change the others.
    const own = new Random(seed * 1_000 + index)
    const size = 0.5 + own.next()
    for (let day = days; day > 0; day--) {
      const midnight = until - day * DAY_MS
      const weight = DAY_WEIGHTS[new Date(midnight).getUTCDay()]!
      const count = Math.round(visits * size * weight * (0.7 + 0.6 * own.next()))
      for (let n = 0; n < count; n++) inventVisit(all, shop, own, midnight, until)
    }
  }
  all.visits.sort((a, b) => a.pages[0]!.at - b.pages[0]!.at || (a.sid < b.sid ? -1 : 1))
  all.calls.sort((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1))
  return all
}

const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => random.below(16).toString(16)).join('')

/** Returns a UUID of version 4, or of version 7 with the given time. */
const uuid = (random: Random, at: number | null = null): string => {
  const head = at === null ? hex(random, 12) : at.toString(16).padStart(12, '0')
  const version = at === null ? '4' : '7'
  return `${head.slice(0, 8)}-${head.slice(8)}-${version}${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`
}

const weighted = (random: Random, weights: readonly number[]): number => {
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
  return Math.max(
    0,
    weights.findIndex((weight) => (left -= weight) < 0),
  )
}

const inventShop = (random: Random, index: number): Shop => {
  const id = uuid(random)
  return {
    id,
    publicId: hex(random, 32),
    name: `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : ` ${Math.floor(index / NAMES.length) + 1}`}`,
    origin: `https://www.shop-${index + 1}.example`,
    secret: `shop-${hex(random, 24)}`,
    token: `ops_shop-${hex(random, 32)}`,
  }
}

const inventVisit = (
  all: Shops,
  shop: Shop,
  random: Random,
  midnight: number,
  until: number,
): void => {
  const start = Math.floor(midnight + (weighted(random, HOUR_WEIGHTS) + random.next()) * 3_600_000)
  const ad = inventAd(random)
  const fingerprint = uuid(random)
  const sid = uuid(random)
  const landing = `${shop.origin}${random.pick(PAGES)}`
  const entry =
    ad.query === '' ? landing : `${landing}${landing.includes('?') ? '&' : '?'}${ad.query}`
  const pages = Array.from({ length: random.between(1, 5) }, (_, n) => {
    const at = start + n * random.between(5_000, 4 * MINUTE_MS)
    return {
      at,
      url: n === 0 ? entry : `${shop.origin}${random.pick(PAGES)}`,
      eventId: uuid(random, random.chance(0.9) ? at : null),
      drops: random.chance(0.01) ? { [random.pick(DROPS)]: random.between(1, 3) } : null,
    }
  }).filter(({ at }) => at < until)
  if (pages.length === 0) return
  const isBot = random.chance(0.03)
  const isOwn = !isBot && random.chance(0.02)
  const isUnknown = random.chance(0.1)
  if (!isUnknown) {
    const referrer = ad.click === null ? random.pick(REFERRERS) : 'https://www.google.com/'
    all.visits.push({ shop, sid, fingerprint, referrer, pages })
  }
  const count = isBot ? 1 : random.chance(CALL_CHANCE) ? random.between(1, 2) : 0
  for (let n = 0; n < count; n++) {
    const at = pages.at(-1)!.at + random.between(1_000, 10 * MINUTE_MS)
    // A visitor whose network was away: the press arrives days later.
    const delay = random.chance(0.03)
      ? random.between(MINUTE_MS, 6 * DAY_MS)
      : random.between(40, 900)
    if (at + delay >= until) continue
    all.calls.push(
      inventCall(random, {
        shop,
        fingerprint,
        sid: isUnknown ? null : sid,
        pageUrl: random.chance(0.6) ? entry : pages.at(-1)!.url,
        click: ad.click,
        marked: isBot ? 'bot' : isOwn ? 'own' : null,
        at,
        recordedAt: at + delay,
      }),
    )
  }
}

type Given = 'shop' | 'fingerprint' | 'sid' | 'pageUrl' | 'click' | 'marked' | 'at' | 'recordedAt'

const inventCall = (random: Random, given: Pick<ShopCall, Given>): ShopCall => {
  const kind = KINDS[weighted(random, KIND_WEIGHTS)]!
  const isLegacy = random.chance(0.05)
  return {
    ...given,
    callId: uuid(random),
    eventId: uuid(random, random.chance(0.8) ? given.at : null),
    kind,
    target: targetOf(kind, given.shop),
    value: kind === 'form' && random.chance(0.5) ? random.between(100, 50_000) / 100 : null,
    isLegacy,
  }
}

const targetOf = (kind: Kind, { origin }: Shop): string => {
  if (kind === 'form') return 'teklif-formu'
  if (kind === 'email') return `bilgi@${new URL(origin).host}`
  return '+902120000000'
}

/** Returns what an ad adds to the landing page's URL, and the click id that the tracker keeps of it. */
const inventAd = (random: Random): { query: string; click: ShopCall['click'] } => {
  if (!random.chance(0.35))
    return { query: random.chance(0.1) ? 'utm_source=mail' : '', click: null }
  const kind = (['gclid', 'gbraid', 'wbraid', 'click_id'] as const)[
    weighted(random, [70, 14, 10, 6])
  ]!
  const id = `Cj0${hex(random, 20)}`
  const names: Record<ClickKind, string> = {
    gclid: 'gclid',
    gbraid: 'gbraid',
    wbraid: 'wbraid',
    click_id: 'fbclid',
  }
  const source = kind === 'click_id' ? 'facebook' : 'google'
  const campaign = random.chance(0.8)
    ? `&utm_source=${source}&utm_campaign=${random.pick(CAMPAIGNS)}`
    : ''
  return { query: `${names[kind]}=${id}${campaign}`, click: { kind, id } }
}
