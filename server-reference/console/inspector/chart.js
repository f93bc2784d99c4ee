import { createMinutes } from './minutes.js'
import { clock } from './time.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

const SVG = 'http://www.w3.org/2000/svg'
const HEIGHT = 36
/** Of which a bar takes this much; the rest is the gap. */
const STEP = 8
const BAR = 6

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}

/** @param {number} count @param {string} one @param {string} many */
const amount = (count, one, many) => `${count} ${count === 1 ? one : many}`

/**
 * Creates the chart of events and refusals in each of the last 30 minutes, refusals on top.
 *
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} top shows the count of the highest bar
 */
export function createChart(svg, top) {
  const minutes = createMinutes()
  let waiting = false

  function draw() {
    waiting = false
    const bars = minutes.last(Date.now())
    const peak = Math.max(...bars.map(({ events, refusals }) => events + refusals))
    // A single event is no full bar.
    const most = Math.max(4, peak)
    const tall = (/** @type {number} */ count) => count && Math.max(2, (count / most) * HEIGHT)
    svg.setAttribute('viewBox', `0 0 ${bars.length * STEP} ${HEIGHT}`)
    svg.replaceChildren(
      ...bars.map(({ at, events, refusals }, index) => {
        const x = index * STEP
        const group = shape('g', { 'data-events': events, 'data-refusals': refusals })
        const title = shape('title', {})
        title.textContent = `${clock(at).slice(0, 5)}: ${amount(events, 'event', 'events')}, ${amount(refusals, 'refusal', 'refusals')}`
        const low = tall(events)
        const high = tall(refusals)
        group.append(
          title,
          shape('rect', { class: 'ground', x, y: 0, width: BAR, height: HEIGHT }),
          shape('rect', { class: 'events', x, y: HEIGHT - low, width: BAR, height: low }),
          shape('rect', {
            class: 'refusals',
            x,
            y: Math.max(0, HEIGHT - low - high),
            width: BAR,
            height: high,
          }),
        )
        return group
      }),
    )
    const sum = (/** @type {'events' | 'refusals'} */ name) =>
      bars.reduce((all, bar) => all + bar[name], 0)
    svg.setAttribute(
      'aria-label',
      `Last 30 minutes: ${amount(sum('events'), 'event', 'events')}, ${amount(sum('refusals'), 'refusal', 'refusals')}`,
    )
    top.textContent = peak > 0 ? `peak ${peak}/min` : ''
  }

  function drawSoon() {
    if (!waiting) setTimeout(draw, 100)
    waiting = true
  }

  draw()
  // Minutes pass also when nothing happens.
  setInterval(draw, 5_000)

  return {
    /** @param {Message} message */
    add(message) {
      if (message.type === 'refused') minutes.add(message.at, { refusals: 1 })
      else if (message.type === 'sync') minutes.add(message.at, { events: message.accepted })
      else if (message.status !== 'noop') minutes.add(message.at, { events: 1 })
      drawSoon()
    },
    clear() {
      minutes.clear()
      draw()
    },
  }
}
