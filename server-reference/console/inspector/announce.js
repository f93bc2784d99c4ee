import { actionInWords, OUTCOMES, reasonInWords, targetInWords } from './words.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/** Long enough to finish one sentence before the next. */
const PAUSE = 1500

/** @param {Message} message */
function sentence(message) {
  if (message.type === 'refused') {
    return `Refused, ${message.status}: ${reasonInWords(message.code)}. ${message.hint}`
  }
  if (message.type === 'sync') return ''
  const { action, target, status } = message
  return `Call: ${actionInWords(action)} ${targetInWords(action, target)}, ${OUTCOMES[status]}`
}

/**
 * Tells a screen reader what came in: one event in full, a burst as a number. A live region around
 * the table itself would read out every row of every burst.
 *
 * @param {HTMLElement} region
 * @returns {(message: Message) => void}
 */
export function createAnnouncer(region) {
  /** @type {Message[]} */
  let waiting = []

  function speak() {
    const refusals = waiting.filter(({ type }) => type === 'refused').length
    const calls = waiting.length - refusals
    region.textContent =
      waiting.length === 1 && waiting[0]
        ? sentence(waiting[0])
        : `${calls} new calls, ${refusals} new refusals`
    waiting = []
  }

  return (message) => {
    if (message.type === 'sync') return
    if (waiting.push(message) === 1) setTimeout(speak, PAUSE)
  }
}
