import { element, part } from './element.js'
import { language, text } from './language.js'
import { TURKISH_FINDINGS } from './texts-tr.js'

/** @typedef {import('./language.js').Text} Text */
/** @typedef {{ id: string, code: string }} Way */
/** @typedef {{ title: string, fix: string, whose: string }} Sentence */

/** @type {Record<string, [name: Text, how: Text]>} */
const WAYS = {
  tag: ['wayTag', 'wayTagHow'],
  wordpress: ['wayWordpress', 'wayWordpressHow'],
  manager: ['wayManager', 'wayManagerHow'],
  init: ['wayInit', 'wayInitHow'],
  node: ['wayNode', 'wayNodeHow'],
  fetch: ['wayFetch', 'wayFetchHow'],
}
/** @type {Record<string, Text>} */
const OWNERS = {
  'customer page': 'ownerPage',
  allowlist: 'ownerList',
  secret: 'ownerProxy',
  clock: 'ownerClock',
  proxy: 'ownerProxy',
  server: 'ownerServer',
  visitor: 'ownerVisitor',
}

const html = (/** @type {string} */ id) => part(id, HTMLElement)

/** Creates the choice of ways to install, and the sentences of findings. The lines of both come from the server. */
export function createWays() {
  let chosen = 'tag'
  /** @type {Way[]} */
  let ways = []
  /** @type {Record<string, Sentence>} */
  let sentences = {}

  function draw() {
    html('ways').replaceChildren(
      ...ways.flatMap(({ id }) => {
        const known = WAYS[id]
        if (!known) return []
        const button = element('button', '', text(known[0]))
        button.setAttribute('type', 'button')
        button.setAttribute('aria-pressed', String(id === chosen))
        button.addEventListener('click', () => {
          chosen = id
          draw()
          const again = html('ways').querySelector('[aria-pressed="true"]')
          if (again instanceof HTMLElement) again.focus()
        })
        return [button]
      }),
    )
    const way = ways.find(({ id }) => id === chosen)
    html('way-how').textContent = text(WAYS[chosen]?.[1] ?? 'wayTagHow')
    html('way-code').textContent = way?.code ?? ''
  }

  return {
    /** @param {Way[]} texts @param {Record<string, Sentence>} table */
    show(texts, table) {
      ways = texts
      sentences = table
      draw()
    },
    /** @param {import('./setup-lights.js').Finding} finding @returns {Sentence} */
    say({ id, values }) {
      const english = sentences[id]
      const turkish = TURKISH_FINDINGS[/** @type {keyof typeof TURKISH_FINDINGS} */ (id)]
      const [title, fix] =
        language === 'tr' && turkish ? turkish : [english?.title ?? id, english?.fix ?? '']
      return {
        title: fill(title ?? id, values),
        fix: fill(fix ?? '', values),
        whose: text(OWNERS[english?.whose ?? ''] ?? 'ownerServer'),
      }
    },
  }
}

/** @param {string} template @param {Record<string, string>} values */
const fill = (template, values) =>
  template.replaceAll(/\{(\w+)\}/g, (whole, /** @type {string} */ name) => values[name] ?? whole)
