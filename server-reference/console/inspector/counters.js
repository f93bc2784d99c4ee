import { part } from '../element.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/** Counts what this page has received since it was opened or cleared. */
export function createCounters() {
  const counters = {
    call: part('calls', HTMLElement),
    refused: part('refusals', HTMLElement),
    sync: part('pages', HTMLElement),
  }
  let counts = { call: 0, refused: 0, sync: 0 }

  function write() {
    for (const type of /** @type {(keyof typeof counts)[]} */ (Object.keys(counts))) {
      counters[type].textContent = counts[type].toLocaleString('en')
      counters[type].toggleAttribute('data-none', counts[type] === 0)
    }
  }
  return {
    /** @param {Message} message */
    add(message) {
      if (message.type === 'sync') counts.sync += message.accepted
      else if (message.type === 'refused' || message.status !== 'noop') counts[message.type]++
      write()
    },
    clear() {
      counts = { call: 0, refused: 0, sync: 0 }
      write()
    },
  }
}
