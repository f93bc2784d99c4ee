import { quietly } from './quietly.js'

/** What a press means: an action word and, where there is one, a normalised target. */
export interface Intent {
  action: string
  target: string
}

/**
 * Links that reach somebody: a scheme that does, or one of WhatsApp's own ways to write "chat with this number". Hosts
 * are compared whole: `notwa.me` and `wa.me@evil.com` are somebody else.
 */
const LINK =
  /^\s*(((tel|callto)|(sms)|(mailto)):|(https?:)?\/\/wa\.me\/|((https?:)?\/\/(api|web)\.whatsapp\.com|whatsapp:\/)\/send\/?\?(.*&)?phone=)([^?#&;]+)/i

/**
 * Returns the intent of a link, or undefined if it has none. A link without a number, an address or the code of a short
 * link that a business publishes (`wa.me/message/…`) reaches nobody in particular: share links, group invites.
 */
export const linkIntent = (href: string): Intent | undefined => {
  const found = LINK.exec(href)
  if (!found) return
  const action = found[3] ? 'phone' : found[4] ? 'sms' : found[5] ? 'email' : 'whatsapp'
  const raw = found[11]!
  // A stray percent sign is no reason to lose the press.
  let target = (quietly(() => decodeURIComponent(raw)) || raw).trim()
  // RFC 3966, section 5: separators are for the eye.
  if (!found[5]) target = target.replace(/[\s().-]/g, '')
  if (action === 'whatsapp')
    target = target.replace(/^(\+?(\d+)|message\/(\w+))\/?$|.*/, (_, __, digits, code) =>
      digits ? 'whatsapp:+' + digits : code || '',
    )
  return target ? { action, target } : undefined
}
