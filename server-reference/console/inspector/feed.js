import { freshToken, tokenOfPage } from './token.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */
/** @typedef {'lost' | 'behind' | 'unreachable' | 'refused' | 'no-token'} Trouble */
/** @typedef {{ name: 'connecting' | 'live' } | { name: Trouble, retryAt: number }} State */

const FIRST_DELAY = 500
const LONGEST_DELAY = 15_000
/** RFC 6455's "try again later": this reader was too slow for the feed. */
const TRY_AGAIN_LATER = 1013

/**
 * Stays connected to the live feed (contract section 12) until the page goes away.
 *
 * @param {{ onMessage: (message: Message) => void, onState: (state: State) => void }} options
 * @returns {{ retryNow: () => void }}
 */
export function connect({ onMessage, onState }) {
  let token = tokenOfPage()
  // From the start: who presses first and opens the console then sees the press as well.
  let lastId = '0'
  let failures = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  /** @param {Trouble} name */
  function wait(name) {
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures++)
    // Half of it is random, so that all consoles of a restarted server do not knock at once.
    const delay = name === 'behind' ? 0 : longest * (0.5 + Math.random() / 2)
    onState({ name, retryAt: Date.now() + delay })
    timer = setTimeout(retry, delay)
  }

  async function retry() {
    timer = undefined
    onState({ name: 'connecting' })
    const fresh = await freshToken()
    if (fresh === undefined) return wait('unreachable')
    token = fresh
    open()
  }

  function open() {
    if (!token) return wait('no-token')
    const url = new URL('/api/live', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    url.searchParams.set('after', lastId)

    /** @type {WebSocket} */
    let socket
    try {
      socket = new WebSocket(url, ['ops.live.v1', `token.${token}`])
    } catch {
      // A token of letters that a subprotocol cannot hold.
      return wait('refused')
    }
    let opened = false
    socket.addEventListener('open', () => {
      opened = true
      failures = 0
      onState({ name: 'live' })
    })
    socket.addEventListener('message', ({ data }) => {
      const message = parse(data)
      if (!message) return
      lastId = message.id
      onMessage(message)
    })
    // A refused handshake and a dead network look alike from here; the retry finds out which.
    socket.addEventListener('close', ({ code }) => {
      if (!opened) wait('refused')
      else wait(code === TRY_AGAIN_LATER ? 'behind' : 'lost')
    })
  }

  onState({ name: 'connecting' })
  open()

  return {
    retryNow() {
      if (timer === undefined) return
      clearTimeout(timer)
      retry()
    },
  }
}

/**
 * @param {unknown} data
 * @returns {Message | undefined} nothing for what a newer server says and this page cannot read
 */
function parse(data) {
  try {
    const message = JSON.parse(String(data))
    // A repeat has a separate type on the wire, so that programs do not count it; here it is listed with the calls.
    if (message.type === 'noop') message.type = 'call'
    return ['call', 'refused', 'sync'].includes(message.type) ? message : undefined
  } catch {
    return undefined
  }
}
