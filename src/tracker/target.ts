import { quietly } from './quietly.js'

/** Describes a press: an action word and, if there is one, a normalised target. */
export interface Intent {
  action: string
  target: string
}

/**
 * Matches links that reach a person: by their scheme, or in one of WhatsApp's forms for "chat with this number". Hosts
 * are compared whole: `notwa.me` and `wa.me@evil.com` do not match.
 */
const LINK =
  /^\s*((tel|callto):|(sms):|(mailto):|(\w+:)?\/\/((api|web)\.whatsapp\.com\/)?(wa\.me\/|send\/?\?(.*&)?phone=))([^?#&;]+)/i

/**
 * Returns the intent of a link, or undefined if it has none. A link without a number, an address or the code of a
 * business's short link (`wa.me/message/…`) reaches no particular person: share links, group invites.
 */
export const linkIntent = (href: string): Intent | undefined => {
  const found = LINK.exec(href)
  if (!found) return
  const raw = found.pop()!
  // A stray percent sign is no reason to lose the press.
  let target = (quietly(() => decodeURIComponent(raw)) || raw).trim()
  // RFC 3966, section 5: separators are for the eye.
  if (!found[4]) target = target.replace(/[\s().-]/g, '')
  const action = found[2] ? 'phone' : found[3] ? 'sms' : found[4] ? 'email' : 'whatsapp'
  if (action === 'whatsapp')
    target = target.replace(/^(\+?(\d+)|message\/(\w+))\/?$|.*/, (_, __, digits, code) =>
      digits ? 'whatsapp:+' + digits : code || '',
    )
  return target ? { action, target } : undefined
}
