import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @typedef {import('./recorder.mjs').Sent} Sent */
/** @typedef {'plausible' | 'posthog' | 'segment'} PeerName */

/**
 * @typedef {object} Peer
 * @property {(endpoint: string) => string} start a module's text; it leaves `window.report(name)` behind
 * @property {(body: any) => Sent[]} decode what a body that was sent means
 */

/** Folder of the peers, with a separate manifest, so that only the bench downloads them. */
export const PEERS = fileURLToPath(new URL('../peers', import.meta.url))

const NAME = /^press-\d{5}$/

/** Plausible gives its events no id: each delivery is a row. */
let anonymous = 0

/** @type {Record<PeerName, Peer>} */
export const peers = {
  plausible: {
    start: (endpoint) => `
      import { init, track } from '/peers/@plausible-analytics/tracker/plausible.js'
      window.__plausible = true // else it ignores a browser that is driven
      init({ domain: 'shop.example', endpoint: '${endpoint}', captureOnLocalhost: true, autoCapturePageviews: false })
      window.report = (name) => track('Call', { props: { name } })`,
    decode: (body) => [{ id: `p${++anonymous}`, name: body.p?.name }],
  },
  posthog: {
    start: (endpoint) => `
      import posthog from '/peers/posthog-js/dist/module.no-external.js'
      posthog.init('phc_bench', {
        api_host: '${endpoint}', disable_compression: true, advanced_disable_flags: true, autocapture: false,
        capture_pageview: false, capture_pageleave: false, disable_session_recording: true,
        opt_out_useragent_filter: true, disable_surveys: true, person_profiles: 'never' })
      window.report = (name) => posthog.capture('call', { name })`,
    decode: (body) =>
      [body.batch ?? body.data ?? body]
        .flat()
        .map((event) => ({ id: event.uuid, name: event.properties?.name })),
  },
  segment: {
    start: (endpoint) => `
      import '/peers/@segment/analytics-next/dist/umd/index.js'
      const settings = { apiKey: 'bench', apiHost: '${endpoint.replace('http://', '')}', protocol: 'http' }
      const analytics = AnalyticsNext.AnalyticsBrowser.load(
        { writeKey: 'bench', cdnSettings: { integrations: { 'Segment.io': settings } } })
      await analytics.ready()
      window.report = (name) => analytics.track('call', { name })`,
    decode: (body) =>
      [body.batch ?? body]
        .flat()
        .map((event) => ({ id: event.messageId, name: event.properties?.name })),
  },
}

/** @type {(mode: string) => mode is PeerName} */
export const isPeer = (mode) => mode in peers

/**
 * Returns the events in a request body, for our tracker and for the peers.
 *
 * @param {import('./recorder.mjs').Mode} mode
 * @param {string} text
 */
export function decode(mode, text) {
  /** @type {Sent[]} */
  let events = []
  try {
    const form = text.startsWith('data=') && new URLSearchParams(text).get('data')
    const body = JSON.parse(form ? Buffer.from(form, 'base64').toString() : text)
    events = isPeer(mode)
      ? peers[mode].decode(body)
      : [{ id: body.event_id, name: body.intent_target }]
  } catch {
    // Not an event.
  }
  return events.filter(({ name }) => NAME.test(name))
}

/** Installs the peers once. */
export function installPeers() {
  if (existsSync(`${PEERS}/node_modules`)) return
  console.log(`npm ci in ${PEERS}`)
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
