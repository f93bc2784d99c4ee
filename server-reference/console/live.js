const POLL_MS = 15_000
/** The server's close code for a token that was revoked or has expired. */
const TOKEN_ENDED = 4401

/**
 * Calls `onNews` when something may have been recorded: on each call of the live feed, and every 15 seconds if there is
 * no feed. Reconnects by itself, unless the token has ended.
 *
 * @param {string} token
 * @param {{ onNews: () => void, onState: (isLive: boolean) => void, onEnd: () => void }} options
 * @returns {() => void} ends it
 */
export function follow(token, { onNews, onState, onEnd }) {
  let isOver = false
  /** @type {WebSocket | undefined} */
  let socket
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  const later = () => {
    if (isOver) return
    onState(false)
    timer = setTimeout(() => {
      onNews()
      open()
    }, POLL_MS)
  }
  const open = () => {
    const url = new URL('/api/live', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    try {
      socket = new WebSocket(url, ['ops.live.v1', `token.${token}`])
    } catch {
      return later()
    }
    socket.addEventListener('open', () => onState(true))
    socket.addEventListener('message', ({ data }) => {
      if (/"type":"call"/.test(String(data))) onNews()
    })
    socket.addEventListener('close', ({ code }) => {
      if (code !== TOKEN_ENDED) later()
      else if (!isOver) onEnd()
    })
  }
  open()
  return () => {
    isOver = true
    clearTimeout(timer)
    socket?.close()
  }
}
