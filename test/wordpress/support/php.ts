import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WordPressSite } from './wordpress.js'

const PLUGIN = 'opsmantik/opsmantik.php'

/** Runs PHP inside WordPress, as a separate program, and returns its output. `$in` is the input. */
export const php = (site: WordPressSite, code: string, input: unknown = null): string =>
  execFileSync(
    site.php,
    [
      '-r',
      `$in = json_decode( $argv[1], true );
      $_SERVER['HTTP_HOST'] = ${JSON.stringify(new URL(site.url).host)};
      require ${JSON.stringify(join(site.root, 'wp-load.php'))};
      require_once ABSPATH . 'wp-admin/includes/admin.php';
      ${code}`,
      JSON.stringify(input),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000 },
  ).toString()

/** Asks the database, row by row, columns between tabs. */
export const sql = (site: WordPressSite, query: string): string[] =>
  execFileSync('mariadb', [
    '--no-defaults',
    `--socket=${site.socket}`,
    '-uroot',
    '-N',
    '-e',
    query,
    'wordpress',
  ])
    .toString()
    .split('\n')
    .filter(Boolean)

/** Unpacks the zip as Plugins, Upload Plugin does, and activates what was in it. */
export const installPlugin = (site: WordPressSite, zip: string): void => {
  const said = php(
    site,
    `require_once ABSPATH . 'wp-admin/includes/class-wp-upgrader.php';
    $upgrader = new Plugin_Upgrader( new Automatic_Upgrader_Skin() );
    $done = $upgrader->install( $in, array( 'overwrite_package' => true ) );
    if ( true !== $done ) { echo 'install: ', is_wp_error( $done ) ? $done->get_error_message() : 'failed'; exit; }
    $active = activate_plugin( '${PLUGIN}' );
    echo is_wp_error( $active ) ? $active->get_error_message() : 'active';`,
    zip,
  )
  if (said !== 'active') throw new Error(`The plugin is not active: ${said}`)
}

/** Deletes the plugin as Plugins, Delete does. */
export const deletePlugin = (site: WordPressSite): string =>
  php(
    site,
    `deactivate_plugins( '${PLUGIN}' );
    $done = delete_plugins( array( '${PLUGIN}' ) );
    echo true === $done ? 'deleted' : 'failed';`,
  )

export interface PluginSettings {
  console_url: string
  site_id: string
  script: boolean
  secret: string
}

/** Stores settings as the form does. */
export const configure = (site: WordPressSite, { secret, ...settings }: PluginSettings): void =>
  void php(
    site,
    `update_option( 'opsmantik_settings', $in['settings'] );
    update_option( 'opsmantik_secret', '' === $in['secret'] ? array() : array( 'secret' => $in['secret'] ), false );`,
    { settings, secret },
  )

/** Adds lines to wp-config.php, in the place of those that were added before. */
export const addToConfig = (site: WordPressSite, lines: string): void => {
  const added = join(site.root, 'added.php')
  if (lines) writeFileSync(added, `<?php\n${lines}\n`)
  else rmSync(added, { force: true })
}
