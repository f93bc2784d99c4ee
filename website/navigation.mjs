import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries } from './api.mjs'
import { titleOf } from './links.mjs'
import { docs, placeOf, ROOT } from './stage.mjs'

/** What stands at the left, in the order of reading; a page of docs/ that is not named joins where its folder is. */
const SECTIONS = [
  {
    text: 'Start in five minutes',
    folder: 'start/',
    items: [
      ['Who are you?', 'start/index.md'],
      ['Site owner, script tag', 'start/script-tag.md'],
      ['A project with npm', 'start/init.md'],
      ['Single-page application', 'start/single-page-application.md'],
      ['Agency, WordPress', 'start/wordpress.md'],
      ['A server of your own', 'start/server.md'],
      ['Tests with MSW', 'start/msw.md'],
      ['Tests with Playwright', 'start/playwright.md'],
      ['On call', 'start/on-call.md'],
    ],
  },
  {
    text: 'Guides',
    folder: '',
    items: [
      ['The package', 'package.md'],
      ['The tracker', 'tracker.md'],
      ['It does not work', 'it-does-not-work.md'],
      ['Google Tag Manager', 'google-tag-manager.md'],
      ['Content Security Policy', 'csp.md'],
      ['In a framework', 'frameworks.md'],
      ['The first-party proxy', 'proxy.md'],
      ['From V1 to a proxy', 'v1-to-proxy.md'],
      ['The WordPress plugin', 'wordpress.md'],
      ['The server', 'server.md'],
      ['Reading your calls', 'calls.md'],
      ['Webhooks', 'webhooks.md'],
      ['Google Ads', 'google-ads.md'],
      ['MSW', 'msw.md'],
      ['End-to-end tests', 'e2e.md'],
    ],
  },
  {
    text: 'Site builders',
    folder: 'builders/',
    items: [
      ['What is the same for all', 'builders/index.md'],
      ['Shopify', 'builders/shopify.md'],
      ['Wix', 'builders/wix.md'],
      ['Webflow', 'builders/webflow.md'],
      ['Squarespace', 'builders/squarespace.md'],
    ],
  },
  {
    text: 'Privacy and security',
    items: [
      ['Consent', 'consent.md'],
      ['What the tracker stores', 'privacy.md'],
      ['Security model', 'security.md'],
      ['Reporting, what is defended', 'security-policy.md'],
    ],
  },
  {
    text: 'The contract',
    items: [
      ['The wire contract', 'contract.md'],
      ['Test vectors', 'vectors.md'],
      ['Conformance', 'conformance.md'],
      ['Coverage', 'conformance-coverage.md'],
      ['The reference server', 'reference-server.md'],
      ['Implementations', 'implementations.md'],
    ],
  },
  {
    text: 'Runbooks',
    folder: 'runbooks/',
    items: [
      ['Symptoms and findings', 'runbooks/index.md'],
      ['CORS error', 'runbooks/cors-error.md'],
      ['Preflight 403', 'runbooks/preflight-403.md'],
      ['WebSocket 1006, 1008', 'runbooks/websocket-1006-1008.md'],
      ['Proxy, secret, 401', 'runbooks/proxy-and-signatures.md'],
      ['Change of domain', 'runbooks/change-of-domain.md'],
      ['Clock', 'runbooks/clock.md'],
    ],
  },
  {
    text: 'Figures and decisions',
    folder: 'decisions/',
    items: [
      ['Beside other trackers', 'comparison.md'],
      ['Decisions', 'decisions/index.md'],
      ['Outbox', 'decisions/outbox.md'],
      ['What arrives', 'decisions/delivery.md'],
      ['Signing', 'decisions/signing.md'],
      ['Answers', 'decisions/answers.md'],
      ['Presses', 'decisions/presses.md'],
      ['Size', 'decisions/size.md'],
      ['Where the contract is silent', 'decisions/server-silences.md'],
      ['What the kit rejects', 'decisions/conformance.md'],
      ['Four packages', 'decisions/packages.md'],
      ['Partitions', 'decisions/partitions.md'],
      ['Poolers', 'decisions/pooler.md'],
      ['Speed of the server', 'decisions/server-speed.md'],
      ['Changelog', 'changelog.md'],
    ],
  },
]

/** The page of the site that a file makes. @param {string} file */
export const addressOf = (file) => `/${file.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`

/** Pages of docs/ that no section names: the title is the page's own. */
function unnamed() {
  const named = new Set(SECTIONS.flatMap(({ items }) => items.map(([, file]) => file)))
  return docs()
    .filter((source) => source !== 'docs/README.md' && !named.has(placeOf(source)))
    .map((source) => ({
      text: titleOf(readFileSync(join(ROOT, source), 'utf8')) ?? source,
      link: addressOf(placeOf(source)),
      folder: placeOf(source).replace(/[^/]*$/, ''),
    }))
}

export function sidebar() {
  const others = unnamed()
  return [
    ...SECTIONS.map(({ text, items, folder }) => ({
      text,
      items: [
        ...items.map(([title = '', file = '']) => ({ text: title, link: addressOf(file) })),
        ...others.filter((page) => page.folder === folder),
      ],
    })),
    {
      text: 'API reference',
      items: [
        { text: 'Entries', link: '/api/' },
        ...entries().map(({ name, page }) => ({ text: name, link: `/api/${page}` })),
      ],
    },
  ]
}
