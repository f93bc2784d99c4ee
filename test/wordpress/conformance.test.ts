import { expect, inject, onTestFinished, test } from 'vitest'
import { openProxy, proxyChecks, runChecks } from '../../cli/src/conformance/index.js'
import { playConsole } from '../../cli/src/conformance/node/console.js'
import { addToConfig, configure } from './support/php.js'

const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'the-very-secret-of-this-test'

test('the plugin conforms as a first-party proxy', { timeout: 120_000 }, async () => {
  const site = inject('wordpress')
  const played = await playConsole()
  onTestFinished(played.close)
  configure(site, { console_url: played.url, site_id: siteId, script: true, secret })
  const furtherOrigin = 'https://m.shop.example'
  addToConfig(
    site,
    `require_once ABSPATH . 'wp-includes/plugin.php';
    add_filter( 'opsmantik_origins', function ( $origins ) { $origins[] = '${furtherOrigin}'; return $origins; } );`,
  )
  onTestFinished(() => addToConfig(site, ''))
  const targetFor = openProxy({
    furtherOrigin,
    url: site.url + '/wp-json/opsmantik/v1/call-event',
    syncUrl: site.url + '/wp-json/opsmantik/v1/sync',
    siteId,
    secret,
    console: played,
  })
  // `php -S` is one process: one request at a time.
  const results = await runChecks(proxyChecks, targetFor, { atOnce: 1 })
  expect(results.filter(({ verdict }) => /failed|broken/.test(verdict))).toEqual([])
  expect(results.filter(({ verdict }) => verdict === 'unseen').map(({ id }) => id)).toEqual([
    'proxy.not-configured',
  ])
})
