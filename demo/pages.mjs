import { readFileSync } from 'node:fs'
import { embed, escapeHtml } from './embed.mjs'

/** @typedef {import('./embed.mjs').Mode} Mode */

/** @param {string} name */
const read = (name) => readFileSync(new URL(`pages/${name}.html`, import.meta.url), 'utf8')

/** @type {Record<Mode, { name: string, explanation: string }>} */
const NOTES = {
  proxy: {
    name: 'Proxy mode',
    explanation:
      'A press goes to this shop’s own server, which signs it and passes it on. The browser holds no secret.',
  },
  signed: {
    name: 'Signed mode, the old way',
    explanation:
      'The browser signs each press itself, so the secret stands in this page for everybody to read.',
  },
  noop: {
    name: 'No-op mode',
    explanation:
      'The script tag names neither a proxy nor a secret: nothing is sent and nothing is stored. The console stays quiet.',
  },
}

/** @type {Record<string, string>} */
const TITLES = { home: 'Bicycle workshop', prices: 'Prices', 'thank-you': 'Thank you' }

/**
 * Fills in a template: `{{name}}` is escaped, `{{{name}}}` is not.
 *
 * @param {string} template
 * @param {Record<string, string>} values
 */
const fill = (template, values) =>
  template.replace(/\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}/g, (_, raw, text) =>
    raw ? (values[raw] ?? '') : escapeHtml(values[text] ?? ''),
  )

/**
 * @param {string} name a file of `pages/`
 * @param {{ mode: Mode, siteId: string, secret: string, consoleUrl: string, coreUrl: string }} site
 */
export function page(name, site) {
  const script = embed(site)
  return fill(read('layout'), {
    title: TITLES[name] ?? name,
    content: read(name),
    embed: script,
    consoleUrl: site.consoleUrl,
    ...NOTES[site.mode],
  })
}

/**
 * Returns the strictest policy under which the tracker promises to work.
 *
 * @param {{ mode: Mode, consoleUrl: string, coreUrl: string }} site
 */
export function contentSecurityPolicy({ mode, consoleUrl, coreUrl }) {
  const endpoint = { proxy: "'self'", signed: new URL(consoleUrl).origin, noop: "'none'" }[mode]
  return [
    "default-src 'none'",
    `script-src ${URL.canParse(coreUrl) ? new URL(coreUrl).origin : "'self'"}`,
    `connect-src ${endpoint}`,
    "style-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}
