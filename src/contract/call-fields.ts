/** Describes how one field of a call event is sent and stored. */
export interface CallField {
  /** `numeric` is a number or a text that is one. */
  type: 'text' | 'uuid' | 'numeric'
  /** Longest value in characters (code points); of a number, of its text. */
  max: number
  /** Shortest value in characters. @default 0 */
  min?: number
  /** An event without it is refused. @default false */
  required?: true
  /** `null` says the same as no field. @default false: `null` is refused */
  nullable?: true
  /** Column of `public.calls`. Null: the server stores something else in its place. */
  column: string | null
}

/**
 * Every field of a call event (contract section 6): the one list of them. The types `CallEvent` and `CallFieldName`, the
 * server's schema and its OpenAPI document, and the kit's cases derive from it. Tests compare it with the migrations in
 * `server-reference/sql`, the contract's page and docs/openapi.json. CONTRIBUTING.md says how to add one.
 *
 * The tracker reads only constants of it, which terser inlines, so the table adds no bytes to it.
 */
export const CALL_FIELDS = {
  /** The site's UUID or 32-hex public id. The server stores the UUID. */
  site_id: { type: 'text', max: 64, required: true, column: null },
  /** First-party visitor id. */
  fingerprint: { type: 'text', min: 1, max: 128, required: true, column: 'fingerprint' },
  /** One per intent, the same on every retry. */
  event_id: { type: 'uuid', max: 36, column: 'event_id' },
  /** `phone`, `whatsapp`, `sms`, `email`, `form`, or the site's own word. */
  intent_action: { type: 'text', max: 32, column: 'intent_action' },
  /** Normalised: `+905000000000`, `whatsapp:+90…`, an address, a form's id. */
  intent_target: { type: 'text', max: 512, column: 'intent_target' },
  /** `<ms since epoch>-<4 base36>-<tel, wa, sms, mail, form or the action>-<6 base36 hash of the target>`. */
  intent_stamp: { type: 'text', max: 128, column: 'intent_stamp' },
  /** Address of the page on which the intent happened. */
  intent_page_url: { type: 'text', max: 2048, column: 'intent_page_url' },
  /** Legacy alias of `intent_target`. */
  phone_number: { type: 'text', max: 256, nullable: true, column: 'phone_number' },
  /** Legacy alias of `intent_action`. */
  action: { type: 'text', max: 32, nullable: true, column: 'action' },
  /** Legacy alias of `intent_page_url`. */
  url: { type: 'text', max: 2048, nullable: true, column: 'url' },
  /** User agent of the visitor's browser. */
  ua: { type: 'text', max: 512, nullable: true, column: 'ua' },
  /** A click id of another kind than Google's. */
  click_id: { type: 'text', max: 256, nullable: true, column: 'click_id' },
  /** Google's click id. */
  gclid: { type: 'text', max: 256, nullable: true, column: 'gclid' },
  /** Google's click id from the web to an app on iOS. */
  wbraid: { type: 'text', max: 256, nullable: true, column: 'wbraid' },
  /** Google's click id from one app to another on iOS. */
  gbraid: { type: 'text', max: 256, nullable: true, column: 'gbraid' },
  /** The value of the intent, in the site's own unit. */
  value: { type: 'numeric', max: 64, nullable: true, column: 'value' },
} as const satisfies Record<string, CallField>

type Fields = typeof CALL_FIELDS
type Value<Field extends CallField> =
  | (Field['type'] extends 'numeric' ? number | string : string)
  | (Field extends { nullable: true } ? null : never)
type NamesOf<Wanted> = {
  [Name in keyof Fields]: Fields[Name] extends Wanted ? Name : never
}[keyof Fields]

/** Name of a field of a call event. */
export type CallFieldName = keyof Fields

type RequiredFields = {
  [Name in keyof Pick<Fields, NamesOf<{ required: true }>>]: Value<Fields[Name]>
}
type OptionalFields = {
  [Name in keyof Omit<Fields, NamesOf<{ required: true }>>]?: Value<Fields[Name]>
}

/** A call event as it travels (contract section 6). Only these fields: other servers refuse unknown ones. */
export interface CallEvent extends RequiredFields, OptionalFields {}
