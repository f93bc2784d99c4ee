import { beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { addToConfig, php, sql } from './support/php.js'
import { createVisitor, readForm } from './support/visitor.js'

const site = inject('wordpress')
const PAGE = '/wp-admin/options-general.php?page=opsmantik'
const siteId = '0123456789abcdef0123456789abcdef'
const secret = `a secret with "quotes", <b>, %41 and \\ in it`

const admin = createVisitor(site)
const option = (name: string): string =>
  php(site, `echo wp_json_encode( get_option( 'opsmantik_' . $in ) );`, name)
const saved = (): Record<string, unknown> => JSON.parse(option('settings'))

/** Opens the page, types into the form, and sends it. */
const save = async (typed: Record<string, string>, forget: string[] = []): Promise<string> => {
  const fields = readForm((await admin.go(PAGE)).text)
  for (const [name, value] of Object.entries(typed)) fields.set(name, value)
  for (const name of forget) fields.delete(name)
  const { status, text } = await admin.submit('/wp-admin/options.php', fields)
  expect(status).toBe(200)
  expect(text).not.toContain('a secret with')
  return text
}

beforeAll(async () => {
  await admin.logIn('admin', site.password)
})
beforeEach(() => {
  addToConfig(site, '')
  php(site, `delete_option( 'opsmantik_settings' ); delete_option( 'opsmantik_secret' );`)
})

test('the form saves what is typed, the secret character by character', async () => {
  const html = await save({
    'opsmantik_settings[console_url]': ' https://console.example/base/ ',
    'opsmantik_settings[site_id]': siteId,
    'opsmantik_secret[new]': secret,
  })
  expect(html).toContain('Settings saved.')
  expect(saved()).toEqual({
    console_url: 'https://console.example/base',
    site_id: siteId,
    script: true,
  })
  expect(JSON.parse(option('secret'))).toEqual({ secret })
  const form = readForm(html)
  expect(form.get('opsmantik_settings[console_url]')).toBe('https://console.example/base')
  expect(form.get('opsmantik_settings[script]')).toBe('1')
})

test('a saved secret is in no page, not even in WordPress’ list of all options', async () => {
  await save({ 'opsmantik_secret[new]': secret })
  for (const path of [PAGE, '/wp-admin/options.php', '/wp-admin/plugins.php', '/', '/wp-json/']) {
    const { status, text } = await admin.go(path)
    expect([path, status]).toEqual([path, 200])
    expect(text).not.toContain('a secret with')
  }
  const { text } = await admin.go(PAGE)
  expect(readForm(text).get('opsmantik_secret[new]')).toBe('')
  expect(text).toContain('placeholder="A secret is saved"')
  expect((await admin.go('/wp-admin/options.php')).text).toContain('opsmantik_secret')
})

test('the secret is not loaded with every page', async () => {
  await save({ 'opsmantik_secret[new]': secret })
  expect(
    sql(
      site,
      `select autoload from wp_options where option_name = 'opsmantik_secret' and option_value like '%a secret with%'`,
    ),
  ).toEqual([expect.stringMatching(/^(no|off)$/)])
})

test('an empty field keeps the secret, and only "Forget it" removes it', async () => {
  await save({ 'opsmantik_secret[new]': secret })
  await save({ 'opsmantik_settings[site_id]': siteId })
  expect(JSON.parse(option('secret'))).toEqual({ secret })
  const html = await save({ 'opsmantik_secret[forget]': '1' })
  expect(JSON.parse(option('secret'))).toEqual([])
  expect(html).not.toContain('A secret is saved')
})

test('a secret from wp-config.php has no field, and saving the page leaves the other one alone', async () => {
  await save({ 'opsmantik_secret[new]': secret })
  addToConfig(site, `define( 'OPSMANTIK_SECRET', 'a secret with a constant' );`)
  const { text } = await admin.go(PAGE)
  expect(text).toContain('The secret comes from OPSMANTIK_SECRET in wp-config.php.')
  expect(text).not.toContain('opsmantik_secret[')
  await save({ 'opsmantik_settings[site_id]': siteId })
  expect(JSON.parse(option('secret'))).toEqual({ secret })
})

test('what cannot be right is said and changes nothing', async () => {
  const right = {
    'opsmantik_settings[console_url]': 'https://console.example',
    'opsmantik_settings[site_id]': siteId,
    'opsmantik_secret[new]': secret,
  }
  await save(right)
  for (const url of [
    'console.example',
    'javascript:alert(1)',
    'ftp://console.example',
    'https://user:word@console.example',
    'https://console.example/?a=b',
    'https://console.example/"><script>alert(1)</script>#x',
  ]) {
    const html = await save({ 'opsmantik_settings[console_url]': url })
    expect(html).toContain('The console URL was not saved')
    expect(html).not.toContain('<script>alert')
  }
  const html = await save({
    'opsmantik_settings[site_id]': `${siteId}"><script>alert(1)</script>`,
    'opsmantik_secret[new]': 'too short',
  })
  expect(html).toContain('The site ID was not saved')
  expect(html).toContain('The secret was not saved: it must have at least 16 characters.')
  expect(html).not.toContain('too short')
  expect(saved()).toEqual({ console_url: 'https://console.example', site_id: siteId, script: true })
  expect(JSON.parse(option('secret'))).toEqual({ secret })
})

test('the script can be switched off and on', async () => {
  await save({}, ['opsmantik_settings[script]'])
  expect(saved()['script']).toBe(false)
  await save({ 'opsmantik_settings[script]': '1' })
  expect(saved()['script']).toBe(true)
})

test('without the form’s nonce nothing is saved', async () => {
  const fields = readForm((await admin.go(PAGE)).text)
  fields.set('opsmantik_settings[site_id]', siteId)
  expect(fields.get('_wpnonce')).toMatch(/^\w{10}$/)
  fields.set('_wpnonce', '0123456789')
  expect((await admin.submit('/wp-admin/options.php', fields)).status).toBe(403)
  expect(saved()['site_id']).toBe('')
})

test('somebody who may not manage options neither sees the page nor saves', async () => {
  php(site, `wp_create_user( 'reader', $in, 'reader@shop.example' );`, site.password)
  const reader = createVisitor(site)
  await reader.logIn('reader', site.password)
  expect((await reader.go(PAGE)).status).toBe(403)
  const fields = readForm((await admin.go(PAGE)).text)
  fields.set('opsmantik_settings[site_id]', siteId)
  expect((await reader.submit('/wp-admin/options.php', fields)).status).toBe(403)
  expect((await createVisitor(site).go(PAGE)).text).toContain('id="loginform"')
  expect(saved()['site_id']).toBe('')
})

test('the list of plugins leads to the page', async () => {
  expect((await admin.go('/wp-admin/plugins.php')).text).toContain(
    'options-general.php?page=opsmantik">Settings</a>',
  )
})
