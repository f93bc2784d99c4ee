import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { launchBrowser } from '../support/browser.js'
import { readRows, type Row } from '../support/rows.js'
import { ask } from './support/ask.js'
import { addToConfig, configure, php } from './support/php.js'

const site = inject('wordpress')
const siteId = '0123456789abcdef0123456789abcdef'
const secret = 'the-very-secret-of-this-test'
const settings = { console_url: 'https://console.example', site_id: siteId, script: true, secret }
const ROUTE = `${site.url}/wp-json/opsmantik/v1/call-event`
const AJAX = '/wp-admin/admin-ajax.php?action=opsmantik_call_event'

/** The code of a security plugin that closes the REST API to visitors. */
const CLOSED = `add_filter( 'rest_authentication_errors', function ( $result ) {
  return is_user_logged_in() ? $result : new WP_Error( 'rest_disabled', 'No.', array( 'status' => 401 ) );
} );`

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())
afterEach(() => {
  addToConfig(site, '')
  php(site, `delete_option( 'opsmantik_route' );`)
})

const add = (lines: string): void =>
  addToConfig(site, `require_once ABSPATH . 'wp-includes/plugin.php';\n${lines}`)
const contact = async (): Promise<string> =>
  (await ask(`${site.url}/contact/`, { method: 'GET' })).text
const tagIn = (html: string): string =>
  /<script[^>]*\/opsmantik\/assets[^>]*>/.exec(html)?.[0] ?? ''

/** Lets a reference server record while `run` lasts, and returns what it has recorded. */
const recorded = async (run: (consoleUrl: string) => Promise<void>): Promise<Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-'))
  const dataDir = join(folder, 'data')
  const port = await freePort(0)
  const server = await startServer({ port, siteId, secret, origins: [site.url], dataDir })
  try {
    await run(new URL(server.url).origin)
  } finally {
    await server.stop()
  }
  const rows = await readRows(join(dataDir, 'postgres'))
  rmSync(folder, { recursive: true, force: true })
  return rows
}

test('the tag asks every optimiser to leave it alone, Rocket Loader before the address', async () => {
  configure(site, settings)
  const tag = tagIn(await contact())
  for (const attribute of [
    'data-cfasync="false"',
    'data-no-minify="1"',
    'data-nowprocket="1"',
    'data-no-optimize="1"',
    'data-no-defer="1"',
    'data-noptimize="1"',
    'data-jetpack-boost="ignore"',
  ])
    expect(tag).toContain(` ${attribute}`)
  expect(tag.indexOf('data-cfasync')).toBeLessThan(tag.indexOf(' src='))
})

test('the script is among the exclusions of WP Rocket, LiteSpeed and Autoptimize, beside the site’s own', () => {
  const said = php(
    site,
    `foreach ( array( 'rocket_exclude_js', 'rocket_delay_js_exclusions', 'litespeed_optimize_js_excludes' ) as $filter ) {
      echo implode( ' ', apply_filters( $filter, array( 'mine.js' ) ) ), "\\n";
    }
    echo apply_filters( 'autoptimize_filter_js_exclude', 'mine.js' );`,
  ).split('\n')
  const own = 'plugins/opsmantik/assets/core.js'
  expect(said).toEqual([...Array(3).fill(`mine.js ${own}`), `mine.js, ${own}`])
})

test('where the REST API is closed to visitors, the page uses admin-ajax.php, and a press is recorded', async () => {
  add(CLOSED)
  const rows = await recorded(async (consoleUrl) => {
    configure(site, { ...settings, console_url: consoleUrl })
    expect((await ask(ROUTE, { body: '{}' })).status).toBe(401)
    expect(tagIn(await contact())).toContain(`data-ops-proxy-url="${AJAX}"`)
    const page = await browser.newPage()
    await page.goto(`${site.url}/contact/`, { waitUntil: 'networkidle' })
    const answered = page.waitForResponse((response) => response.url().endsWith(AJAX))
    await page.click('#phone')
    expect(await (await answered).json()).toMatchObject({ status: 'matched' })
    await page.close()
  })
  expect(rows.map((row) => row.intent_target)).toEqual(['+441632960123'])
})

test('admin-ajax.php answers as the route does', async () => {
  configure(site, settings)
  const url = site.url + AJAX
  const foreign = { Origin: 'https://evil.example' }
  for (const question of [
    { body: '' },
    { body: 'no JSON' },
    { body: '{"site_id":"x"}' },
    { method: 'GET' },
    { body: '{}', headers: foreign },
  ]) {
    const [byAjax, byRoute] = [await ask(url, question), await ask(ROUTE, question)]
    expect([byAjax.status, byAjax.json['code']]).toEqual([byRoute.status, byRoute.json['code']])
    expect(byAjax.headers['cache-control']).toBe('no-store')
    expect(byAjax.headers['access-control-allow-origin']).toBe(
      byRoute.headers['access-control-allow-origin'],
    )
  }
})

test('a visitor who floods gets 429 and the time to wait; another visitor does not', async () => {
  configure(site, { ...settings, secret: '' })
  add(`add_filter( 'opsmantik_limit_per_minute', function () { return 3; } );
    add_filter( 'opsmantik_client_address', function ( $address, $request ) { return $request->get_header( 'x-test' ); }, 10, 2 );`)
  const send = (address: string) =>
    ask(ROUTE, { body: `{"site_id":"${siteId}"}`, headers: { 'X-Test': address } })
  const statuses: number[] = []
  // A new minute may begin in between; then the fourth is the first of its minute.
  for (let i = 0; i < 8; i++) statuses.push((await send('192.0.2.7')).status)
  expect(statuses).toContain(429)
  const refused = await send('192.0.2.7')
  if (refused.status === 429) {
    expect(refused.json['code']).toBe('RATE_LIMITED')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  }
  expect((await send('192.0.2.8')).json['code']).toBe('PROXY_NOT_CONFIGURED')
})

test('with the WP Consent API nothing counts before the answer, and its adapter is on the page', async () => {
  configure(site, settings)
  expect(tagIn(await contact())).not.toContain('data-ops-consent')
  add(`function wp_has_consent( $category ) { return false; }`)
  const html = await contact()
  expect(tagIn(html)).toContain('data-ops-consent="required"')
  expect(html.indexOf('wp_listen_for_consent_change')).toBeGreaterThan(0)
  expect(html.indexOf('wp_listen_for_consent_change')).toBeLessThan(html.indexOf(tagIn(html)))
  expect(
    php(
      site,
      `echo (int) apply_filters( 'wp_consent_api_registered_opsmantik/opsmantik.php', false );`,
    ),
  ).toBe('1')
})

/** Opens the settings as the administrator and sends a test press; returns what each light says. */
const check = async (): Promise<string[]> => {
  const context = await browser.newContext()
  const page: Page = await context.newPage()
  try {
    await page.goto(`${site.url}/wp-login.php`)
    await page.fill('#user_login', 'admin')
    await page.fill('#user_pass', site.password)
    await page.click('#wp-submit')
    await page.goto(`${site.url}/wp-admin/options-general.php?page=opsmantik`)
    await page.click('#opsmantik_test')
    await page.locator('#opsmantik_test:not([disabled])').waitFor()
    return await page
      .locator('#opsmantik_lights li')
      .evaluateAll((items) =>
        items.map((item) => (item.textContent ?? '').replaceAll(/\s+/g, ' ').trim()),
      )
  } finally {
    await context.close()
  }
}

const GREEN = [
  'The script is on your pages: ● Yes',
  'Visitors reach the plugin: ● Yes',
  'The server accepts your site’s signature: ● Yes',
  'The test press is recorded: ● Yes',
]

test(
  'the settings page sends a test press: four green lights, and it is recorded',
  { timeout: 120_000 },
  async () => {
    const rows = await recorded(async (consoleUrl) => {
      configure(site, { ...settings, console_url: consoleUrl })
      expect(await check()).toEqual(GREEN)
    })
    expect(rows.map((row) => row.intent_target)).toEqual(['wordpress'])
  },
)

test(
  'behind a closed REST API the check gets through by admin-ajax.php, says so and keeps it',
  { timeout: 120_000 },
  async () => {
    add(CLOSED)
    await recorded(async (consoleUrl) => {
      configure(site, { ...settings, console_url: consoleUrl })
      expect((await check())[1]).toBe(
        `${GREEN[1]} The REST API is closed to visitors, so the pages use admin-ajax.php instead.`,
      )
    })
    expect(php(site, `echo get_option( 'opsmantik_route' );`)).toBe('ajax')
  },
)

test('each obstacle has its light and its sentence', { timeout: 120_000 }, async () => {
  await recorded(async (consoleUrl) => {
    const right = { ...settings, console_url: consoleUrl }
    configure(site, { ...right, script: false })
    expect((await check())[0]).toMatch(/● No The script is missing from your home page\./)
    configure(site, { ...right, secret: 'another-secret-than-the-server' })
    const wrong = await check()
    expect(wrong[2]).toMatch(/● No The secret or the site ID is not the one/)
    expect(wrong[3]).toMatch(/● No$/)
    configure(site, { ...right, secret: '' })
    expect((await check())[2]).toMatch(/● No The secret or the console URL is missing\./)
  })
  configure(site, { ...settings, console_url: `http://127.0.0.1:${await freePort(0)}` })
  expect((await check())[2]).toMatch(/● No The console cannot be reached from your web server\./)
  add(`if ( strpos( $_SERVER['REQUEST_URI'] ?? '', 'opsmantik' ) && ! is_array( $_COOKIE ) || 'POST' === ( $_SERVER['REQUEST_METHOD'] ?? '' ) && ! $_COOKIE ) {
    http_response_code( 403 ); exit( '<html>Forbidden by a firewall</html>' );
  }`)
  expect((await check())[1]).toMatch(
    /● No Neither the REST API nor admin-ajax\.php lets visitors through\./,
  )
})

test(
  'wp opsmantik sets the plugin up, shows no secret, and sends a test press',
  { timeout: 120_000 },
  async () => {
    const rows = await recorded(async (consoleUrl) => {
      configure(site, { console_url: '', site_id: '', script: true, secret: '' })
      // Simulates WP-CLI, as far as the command uses it.
      const said = php(
        site,
        `class WP_CLI {
        public static $commands = array();
        public static function add_command( $name, $class ) { self::$commands[ $name ] = new $class(); }
        public static function line( $text ) { echo $text, "\\n"; }
        public static function success( $text ) { echo 'Success: ', $text, "\\n"; }
        public static function error( $text ) { echo 'Error: ', $text, "\\n"; exit; }
      }
      require WP_PLUGIN_DIR . '/opsmantik/includes/cli.php';
      putenv( 'OPS_SECRET=' . $in['secret'] );
      $command = WP_CLI::$commands['opsmantik'];
      $command->set( array(), array( 'console-url' => $in['console'], 'site-id' => $in['site'], 'secret-env' => 'OPS_SECRET' ) );
      $command->status();
      $command->test();
      $command->set( array(), array( 'console-url' => 'nonsense' ) );`,
        { secret, console: consoleUrl, site: siteId },
      )
      expect(said).not.toContain(secret)
      expect(said.split('\n')).toEqual([
        'Success: Saved.',
        `console_url: ${consoleUrl}`,
        `site_id:     ${siteId}`,
        'secret:      is set',
        'script:      on every page',
        'route:       REST API',
        'Success: Recorded.',
        'Error: The console URL must look like https://console.example.com.',
        '',
      ])
    })
    expect(rows.map((row) => row.intent_target)).toEqual(['wordpress'])
  },
)
