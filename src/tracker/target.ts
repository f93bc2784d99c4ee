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
 * The intent of a link, or undefined if it is none. A link without a number or an address (share links, group invites)
 * reaches nobody in particular.
 */
export const linkIntent = (href: string): Intent | undefined => {
  const found = LINK.exec(href)
  if (!found) return
  const action = found[3] ? 'phone' : found[4] ? 'sms' : found[5] ? 'email' : 'whatsapp'
  let target = decodeURIComponent(found[11]!).trim()
  // RFC 3966, section 5: separators are for the eye.
  if (!found[5]) target = target.replace(/[\s().-]/g, '')
  // What is no number is a short link, which may lead to anybody.
  if (action === 'whatsapp')
    target = target.replace(/^\+?(\d+)\/?$|.*/, (_, digits) =>
      digits ? 'whatsapp:+' + digits : '',
    )
  return target ? { action, target } : undefined
}
