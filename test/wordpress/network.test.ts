import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from './support/ask.js'
import { startConsole, type PlayedServer } from './support/console.js'
import { addToConfig, deletePlugin, installPlugin, php, sql } from './support/php.js'
import { startWordPress } from './support/wordpress.js'

const FIRST = { id: '0123456789abcdef0123456789abcdef', secret: 'the secret of the first site' }
const SECOND = { id: 'fedcba9876543210fedcba9876543210', secret: 'the secret of the second site' }

let network: Awaited<ReturnType<typeof startWordPress>>
let upstream: PlayedServer

beforeAll(async () => {
  upstream = await startConsole()
  network = await startWordPress()
  const { site } = network
  const { host } = new URL(site.url)
  addToConfig(site, `define( 'WP_ALLOW_MULTISITE', true );`)
  php(
    site,
    `require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    foreach ( $wpdb->tables( 'ms_global' ) as $table => $name ) { $wpdb->$table = $name; }
    install_network();
    populate_network( 1, $in, 'admin@shop.example', 'Shops', '/', false );`,
    host,
  )
  addToConfig(
    site,
    `define( 'MULTISITE', true );
    define( 'SUBDOMAIN_INSTALL', false );
    define( 'DOMAIN_CURRENT_SITE', '${host}' );
    define( 'PATH_CURRENT_SITE', '/' );
    define( 'SITE_ID_CURRENT_SITE', 1 );
    define( 'BLOG_ID_CURRENT_SITE', 1 );`,
  )
  installPlugin(site, inject('zip'))
  php(
    site,
    `$done = activate_plugin( 'opsmantik/opsmantik.php', '', true );
    $second = wpmu_create_blog( $in['host'], '/second/', 'Second', 1 );
    // WordPress takes the colon out of a domain with a port.
    $wpdb->update( $wpdb->blogs, array( 'domain' => $in['host'] ), array( 'blog_id' => $second ) );
    clean_blog_cache( $second );
    update_blog_option( $second, 'home', 'http://' . $in['host'] . '/second' );
    foreach ( array( 1 => $in['first'], $second => $in['second'] ) as $blog => $own ) {
      switch_to_blog( $blog );
      update_option( 'opsmantik_settings', array( 'console_url' => $in['console'], 'site_id' => $own['id'] ) );
      update_option( 'opsmantik_secret', array( 'secret' => $own['secret'] ) );
      restore_current_blog();
    }`,
    { host, first: FIRST, second: SECOND, console: upstream.url },
  )
})
afterAll(async () => {
  await network?.stop()
  await upstream?.close()
})

test('each site of a network serves its own site id', async () => {
  const { url } = network.site
  const event = (id: string): string => JSON.stringify({ site_id: id, fingerprint: 'v' })
  const post = async (path: string, id: string): Promise<number> =>
    (
      await ask(`${url}${path}?rest_route=/opsmantik/v1/call-event`, {
        body: event(id),
        headers: { Origin: url },
      })
    ).status
  expect(await post('/', FIRST.id)).toBe(200)
  expect(await post('/', SECOND.id)).toBe(400)
  expect(await post('/second/', SECOND.id)).toBe(200)
  expect(await post('/second/', FIRST.id)).toBe(400)
  expect(upstream.seen.map(({ headers }) => headers['x-ops-site-id'])).toEqual([
    FIRST.id,
    SECOND.id,
  ])
})

test('deleting the plugin removes what every site of the network has saved', () => {
  const saved = (): string[] =>
    ['wp_options', 'wp_2_options'].flatMap((table) =>
      sql(network.site, `select option_name from ${table} where option_name like 'opsmantik%'`),
    )
  expect(saved()).toHaveLength(4)
  expect(deletePlugin(network.site)).toBe('deleted')
  expect(saved()).toEqual([])
})
