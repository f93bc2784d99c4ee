import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, inject, test } from 'vitest'
import { pluginFiles, versionOf } from '../../examples/wordpress/build.mjs'
import { readPo } from '../../examples/wordpress/mo.mjs'
import { pot } from '../../examples/wordpress/pot.mjs'
import { ask } from './support/ask.js'
import { configure, deletePlugin, installPlugin, php, sql } from './support/php.js'

const site = inject('wordpress')
const secret = 'the-very-secret-of-this-test'
const settings = {
  console_url: 'https://console.example',
  site_id: '0123456789abcdef0123456789abcdef',
  script: true,
  secret,
}
const folder = join(site.root, 'wp-content', 'plugins', 'opsmantik')
const ROUTE = `${site.url}/wp-json/opsmantik/v1/call-event`

/** Every row of the whole database that speaks of the plugin. */
const traces = (): string[] =>
  sql(
    site,
    `select table_name from information_schema.columns
      where table_schema = 'wordpress' and data_type in ('varchar', 'text', 'mediumtext', 'longtext')
      group by table_name`,
  ).flatMap((table) =>
    sql(site, `select * from ${table}`).filter((row) => /opsmantik|the-very-secret/.test(row)),
  )

test('deleting the plugin leaves no file and no row, and installing it again starts anew', async () => {
  configure(site, settings)
  expect(traces().join()).toContain(secret)
  expect(deletePlugin(site)).toBe('deleted')
  expect(existsSync(folder)).toBe(false)
  expect(traces()).toEqual([])
  const gone = await ask(ROUTE, { body: '{}' })
  // Not one of the contract's codes, so the tracker keeps the event.
  expect([gone.status, gone.json['code']]).toEqual([404, 'rest_no_route'])

  installPlugin(site, inject('zip'))
  const back = await ask(ROUTE, { body: `{"site_id":"${settings.site_id}"}` })
  expect([back.status, back.json['code']]).toEqual([500, 'PROXY_NOT_CONFIGURED'])
})

test('the template for translators is up to date', () => {
  const files = pluginFiles()
  const template = files.find(({ name }) => name.endsWith('.pot'))
  expect(String(template?.data)).toBe(pot(files, versionOf(files)))
  expect(String(template?.data)).toContain('msgid "A secret is saved"')
})

test('every text is translated into Turkish, with the same placeholders, and WordPress shows it', () => {
  const files = pluginFiles()
  const read = (end: string): string => String(files.find(({ name }) => name.endsWith(end))?.data)
  const translated = readPo(read('-tr_TR.po'))
  const placeholders = (text: string): string[] => text.match(/%[sd]/g) ?? []
  const wanted = [...readPo(read('.pot')).keys()].filter(Boolean)
  expect(wanted.length).toBeGreaterThan(30)
  for (const text of wanted) {
    expect(translated.get(text) ?? '', text).not.toBe('')
    expect(placeholders(translated.get(text)!)).toEqual(placeholders(text))
  }
  const said = php(
    site,
    `load_textdomain( 'opsmantik', WP_PLUGIN_DIR . '/opsmantik/languages/opsmantik-tr_TR.mo' );
    echo __( 'Send a test press', 'opsmantik' ), '|', __( 'Secret', 'opsmantik' );`,
  )
  expect(said).toBe('Deneme tıklaması gönder|Gizli anahtar')
})

test('its version is the same everywhere', () => {
  const files = pluginFiles()
  const version = versionOf(files)
  const read = (name: string): string => String(files.find((file) => file.name === name)?.data)
  expect(read('readme.txt')).toContain(`Stable tag: ${version}\n`)
  expect(read('opsmantik.php')).toContain(`define( 'OPSMANTIK_VERSION', '${version}' );`)
})

test('every file of PHP parses', () => {
  const files = pluginFiles().filter(({ name }) => name.endsWith('.php'))
  expect(files.length).toBeGreaterThan(5)
  const sources = fileURLToPath(new URL('../../examples/wordpress/opsmantik/', import.meta.url))
  for (const { name } of files)
    expect(execFileSync(site.php, ['-l', join(sources, name)]).toString()).toMatch(
      /^No syntax errors/,
    )
})
