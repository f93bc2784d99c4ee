/** `#event=<id>`: which one is open. A link to it can be kept, and Back closes it. */
const HASH = /^#event=([\w-]{1,64})$/

export const openId = () => HASH.exec(location.hash)?.[1]

/** @param {string} id */
export function goTo(id) {
  if (openId() === id) return
  const url = new URL(location.href)
  url.hash = `event=${id}`
  // From one to the next is one visit: Back closes, however many were looked at.
  history[openId() ? 'replaceState' : 'pushState'](null, '', url)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

export function goBack() {
  if (!openId()) return
  const url = new URL(location.href)
  url.hash = ''
  history.replaceState(null, '', url)
  dispatchEvent(new HashChangeEvent('hashchange'))
}
