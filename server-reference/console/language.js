import { ENGLISH } from './texts-en.js'
import { TURKISH } from './texts-tr.js'

/** @typedef {keyof typeof ENGLISH} Text */

/** @type {Record<string, typeof ENGLISH>} */
const LANGUAGES = { en: ENGLISH, tr: TURKISH }

/** The reader's first language that there are texts for. */
const code =
  navigator.languages.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one in LANGUAGES) ??
  'en'
/** The language of the page: `en` or `tr`. */
export const language = code
const texts = LANGUAGES[code] ?? ENGLISH

/** Dates and numbers are written as the reader's own region does, if it is of that language. */
const locale = navigator.languages.find((one) => one.toLowerCase().startsWith(code)) ?? code

/** @param {Text} name @param {string | number} [n] */
export const text = (name, n = '') => texts[name].replace('{n}', String(n))

/** The text of a copy button after it was pressed. */
export const copyTexts = () => ({ copied: text('copied'), notCopied: text('notCopied') })

/** @param {string | null} action */
export const kindName = (action) =>
  action === null || action === ''
    ? text('noKind')
    : action in ENGLISH && ['phone', 'whatsapp', 'sms', 'email', 'form'].includes(action)
      ? text(/** @type {Text} */ (action))
      : action

const numbers = new Intl.NumberFormat(locale)
const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const days = new Intl.DateTimeFormat(locale, { weekday: 'short', day: 'numeric', month: 'short' })

export const number = (/** @type {number} */ n) => numbers.format(n)
/** Returns a time in the reader's time zone. */
export const time = (/** @type {number} */ at) => times.format(at)
export const day = (/** @type {number} */ at) => days.format(at)

/** Fills in the page's own texts. */
export function translate() {
  document.documentElement.lang = code
  for (const part of document.querySelectorAll('[data-text]'))
    part.textContent = text(/** @type {Text} */ (part.getAttribute('data-text')))
  for (const part of document.querySelectorAll('[data-label]'))
    part.setAttribute('aria-label', text(/** @type {Text} */ (part.getAttribute('data-label'))))
}
