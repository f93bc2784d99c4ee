/** @typedef {import('./feed.js').State} State */

/** @type {Record<State['name'], string>} */
const WORDS = {
  connecting: 'Connecting…',
  live: 'Connected, live',
  lost: 'Reconnecting…',
  behind: 'Fell behind, reconnecting…',
  unreachable: 'Reconnecting… The server does not answer. Is it running?',
  refused: 'The server refused this page. Is another LIVE_TOKEN set?',
  'no-token': 'No token for this address: open the console as localhost or 127.0.0.1.',
}

/**
 * Shows the connection's state in words. The countdown is separate from the sentence, so that a screen reader announces
 * changes, not every second.
 *
 * @param {{ box: HTMLElement, state: HTMLElement, countdown: HTMLElement, retry: HTMLElement }} parts
 * @returns {(state: State) => void}
 */
export function createStatus({ box, state: words, countdown, retry }) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking
  let spoken = ''

  return (state) => {
    clearInterval(ticking)
    const waits = 'retryAt' in state
    // A retry is announced neither by colour nor by words: it would blink every few seconds.
    if (waits || state.name === 'live' || spoken === '') {
      spoken = WORDS[state.name]
      words.textContent = spoken
      box.dataset.state = waits ? 'waiting' : state.name
      retry.hidden = !waits
    }
    if (!waits) {
      countdown.textContent =
        state.name === 'connecting' && spoken !== WORDS.connecting ? 'Trying…' : ''
      return
    }
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1000))
      countdown.textContent = `Next try in ${seconds} s.`
    }
    tick()
    ticking = setInterval(tick, 250)
  }
}
