import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../demo/ports.mjs'
import { startService } from '../../services/process.mjs'
import { findWordPress } from './find-wordpress.js'
import { startMariadb } from './mariadb.js'

/** The data that tests need about their WordPress; it crosses a process boundary. */
export interface WordPressSite {
  /** Without a slash at the end. */
  url: string
  php: string
  /** The code of WordPress. */
  root: string
  socket: string
  /** Path of PHP's error log. */
  log: string
  password: string
}

const config = (socket: string, log: string): string => `<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:${socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {
	define( $name . '_KEY', 'a key of the tests ' . $name );
	define( $name . '_SALT', 'a salt of the tests ' . $name );
}
$table_prefix = 'wp_';
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '${log}' );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'FS_METHOD', 'direct' );
// Only this machine: a test must not depend on wordpress.org.
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost' );
// What a test adds.
if ( file_exists( __DIR__ . '/added.php' ) ) {
	require __DIR__ . '/added.php';
}
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
`

/** A theme with nothing in it but what every theme has. */
const THEME = {
  'style.css': '/*\nTheme Name: Plain\n*/\n',
  'index.php': `<!doctype html><html><head><meta charset="utf-8"><?php wp_head(); ?></head><body>
<?php while ( have_posts() ) { the_post(); the_content(); } wp_footer(); ?></body></html>
`,
}

const write = (folder: string, files: Record<string, string>): void => {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

/** Everything between an empty database and a shop with a contact page. */
const install = (site: WordPressSite, source: string): void => {
  // Debian's package is full of links to other packages, some of them not installed.
  cpSync(source, site.root, {
    recursive: true,
    dereference: true,
    filter: (path) => existsSync(path) && !path.endsWith('wp-config.php'),
  })
  write(site.root, { 'wp-config.php': config(site.socket, site.log) })
  write(join(site.root, 'wp-content', 'themes', 'plain'), THEME)
  mkdirSync(join(site.root, 'wp-content', 'plugins'), { recursive: true })
  execFileSync('mariadb', [
    '--no-defaults',
    `--socket=${site.socket}`,
    '-uroot',
    '-e',
    'create database wordpress character set utf8mb4',
  ])
  const installer = fileURLToPath(new URL('install.php', import.meta.url))
  execFileSync(site.php, [installer, site.root, site.url, site.password], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  })
}

/** Installs a separate WordPress with its own database in a temporary folder, and serves it. */
export const startWordPress = async (): Promise<{
  site: WordPressSite
  stop: () => Promise<void>
}> => {
  const { php, source } = findWordPress()
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-wordpress-'))
  const services: { stop: () => Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    for (const service of services.toReversed()) await service.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const mariadb = await startMariadb(folder)
    services.push(mariadb)
    const port = await freePort(0)
    const root = join(folder, 'wordpress')
    const site: WordPressSite = {
      url: `http://127.0.0.1:${port}`,
      php,
      root,
      socket: mariadb.socket,
      log: join(folder, 'debug.log'),
      password: 'a password of the tests',
    }
    install(site, source)
    const limit = ['-d', 'post_max_size=1M']
    // One process: its workers would outlive it, and nothing here has to run side by side.
    services.push(await startService(php, [...limit, '-S', `127.0.0.1:${port}`, '-t', root], port))
    return { site, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
