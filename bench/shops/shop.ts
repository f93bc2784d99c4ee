/** Kinds of call that trackers send. */
export const KINDS = ['phone', 'whatsapp', 'form', 'email', 'sms'] as const
export type Kind = (typeof KINDS)[number]

/** Columns of a click id; `click_id` is any other network's. */
export type ClickKind = 'gclid' | 'gbraid' | 'wbraid' | 'click_id'

/** An invented shop. */
export interface Shop {
  id: string
  publicId: string
  name: string
  origin: string
  secret: string
  /** Opens this shop's calls. */
  token: string
}

/** A visitor's visit, with the pages that were looked at. Times are milliseconds since the epoch. */
export interface Visit {
  shop: Shop
  sid: string
  fingerprint: string
  referrer: string | null
  pages: { at: number; url: string; eventId: string; drops: Record<string, number> | null }[]
}

export interface ShopCall {
  shop: Shop
  callId: string
  eventId: string
  fingerprint: string
  /** Null: no session is known. */
  sid: string | null
  kind: Kind
  target: string
  pageUrl: string
  click: { kind: ClickKind; id: string } | null
  value: number | null
  marked: 'bot' | 'own' | null
  /** Of a tracker before intents: other columns say the same. */
  isLegacy: boolean
  /** When it was pressed, and when it arrived. */
  at: number
  recordedAt: number
}

/** Everything that happened in the shops, in the order of time. */
export interface Shops {
  shops: Shop[]
  visits: Visit[]
  calls: ShopCall[]
}
