import { expect, test } from 'vitest'
import { linkIntent } from './target.js'

test.each([
  ['tel:+905000000000', 'phone', '+905000000000'],
  ['TEL:+90 (500) 000-00.00', 'phone', '+905000000000'],
  ['  tel:05000000000', 'phone', '05000000000'],
  ['tel:+90%20500', 'phone', '+90500'],
  ['tel:+1-201-555-0123;ext=12', 'phone', '+12015550123'],
  ['callto:+905000000000', 'phone', '+905000000000'],
  ['sms:+905000000000?body=hi', 'sms', '+905000000000'],
  ['sms:+905000000000;?&body=hi', 'sms', '+905000000000'],
  ['mailto:Ada.L@example.com?subject=x', 'email', 'Ada.L@example.com'],
  ['MAILTO:ada%2Bx@example.com', 'email', 'ada+x@example.com'],
  ['https://wa.me/905000000000', 'whatsapp', 'whatsapp:+905000000000'],
  ['https://WA.ME/+905000000000/?text=hi', 'whatsapp', 'whatsapp:+905000000000'],
  ['http://wa.me/905000000000#x', 'whatsapp', 'whatsapp:+905000000000'],
  ['https://api.whatsapp.com/send?phone=90%20500-000', 'whatsapp', 'whatsapp:+90500000'],
  ['https://api.whatsapp.com/send/?phone=%2B90500', 'whatsapp', 'whatsapp:+90500'],
  ['https://web.whatsapp.com/send?text=hi&phone=90500', 'whatsapp', 'whatsapp:+90500'],
  ['https://wa.me/message/ABCD1234EFGH', 'whatsapp', 'ABCD1234EFGH'],
  ['https://wa.me/message/ABCD1234EFGH/?src=qr', 'whatsapp', 'ABCD1234EFGH'],
  ['tel:+90500%', 'phone', '+90500%'],
  ['mailto:a%zz@example.com', 'email', 'a%zz@example.com'],
  ['//wa.me/90500', 'whatsapp', 'whatsapp:+90500'],
  ['whatsapp://send?phone=+90500&text=hi', 'whatsapp', 'whatsapp:+90500'],
])('%s is an intent', (href, action, target) => {
  expect(linkIntent(href)).toEqual({ action, target })
})

test.each([
  'https://notwa.me/905000000000',
  'https://wa.me.evil.com/905000000000',
  'https://evil.com/?r=wa.me/905000000000',
  'https://wa.me@evil.com/905000000000',
  'https://evil.com/wa.me/905000000000',
  'https://wa.me/?text=share',
  'https://wa.me/message/',
  'https://wa.me/message/A/B',
  'https://api.whatsapp.com/send?text=share',
  'https://api.whatsapp.com.evil.com/send?phone=90500',
  'https://chat.whatsapp.com/GroupInvite',
  'https://wa.me/qr/ABC1',
  'https://api.whatsapp.com/send?text=phone=90500',
  'https://api.whatsapp.com/catalog?phone=90500',
  'whatsapp://send?text=share',
  'mailto:?subject=share',
  'tel:',
  'https://example.com/tel:+90500',
  'javascript:void(0)',
  '/about',
  '#tel:+90500',
  '',
  'https://%',
])('%s is none', (href) => {
  expect(linkIntent(href)).toBeUndefined()
})
