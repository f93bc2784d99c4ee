/** What a press means: an action word and, where there is one, a normalised target. */
export interface Intent {
  action: string
  target: string
}

/** WhatsApp's own ways to write "chat with this number". Hosts are compared whole: `notwa.me` is somebody else. */
const WHATSAPP = /^(https?:\/\/(wa\.me\/\+?(\d+)|api\.whatsapp\.com\/send)|whatsapp:\/\/send)\/?$/

/**
 * The intent of a link, or undefined if it is none. A link without a number or an address (share links, group invites)
 * reaches nobody in particular.
 */
export const linkIntent = (href: string): Intent | undefined => {
  try {
    const url = new URL(href)
    let action = { 'tel:': 'phone', 'callto:': 'phone', 'sms:': 'sms', 'mailto:': 'email' }[
      url.protocol
    ]
    let target = decodeURIComponent(url.pathname).trim()
    if (!action) {
      const match = WHATSAPP.exec(url.href.replace(/[?#][^]*/, ''))!
      action = 'whatsapp'
      target = (match[3] || url.searchParams.get('phone')!).replace(/\D/g, '')
      if (target) target = 'whatsapp:+' + target
    } else if (action !== 'email') {
      // RFC 3966, section 5: a number ends where parameters begin; separators are for the eye.
      target = target.replace(/[;?&][^]*/, '').replace(/[\s().-]/g, '')
    }
    if (target) return { action, target }
  } catch {
    // Not a URL, not WhatsApp, or no number in it.
  }
  return
}
