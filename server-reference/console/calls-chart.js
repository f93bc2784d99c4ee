import { element } from './element.js'
import { day, kindName, number, text } from './language.js'

const SVG = 'http://www.w3.org/2000/svg'
const HEIGHT = 100
const STEP = 10
const BAR = 8

/** Kinds in the order in which they are stacked; every other one is the last class. */
export const KINDS = ['phone', 'whatsapp', 'form', 'email', 'sms']
const classOf = (/** @type {string} */ kind) =>
  `kind-${KINDS.includes(kind) ? KINDS.indexOf(kind) : KINDS.length}`

/** @param {string} tag @param {Record<string, string | number>} attributes */
function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}

/**
 * Draws a bar for each day, stacked by kind.
 *
 * @param {SVGSVGElement} svg
 * @param {HTMLElement} legend
 * @param {{ at: number, kinds: Map<string, number> }[]} bars
 */
export function drawChart(svg, legend, bars) {
  const sum = (/** @type {Map<string, number>} */ kinds) =>
    [...kinds.values()].reduce((all, count) => all + count, 0)
  const most = Math.max(1, ...bars.map(({ kinds }) => sum(kinds)))
  const names = [...new Set(bars.flatMap(({ kinds }) => [...kinds.keys()]))].toSorted(
    (a, b) => ((KINDS.indexOf(a) + 99) % 99) - ((KINDS.indexOf(b) + 99) % 99),
  )
  svg.setAttribute('viewBox', `0 0 ${bars.length * STEP} ${HEIGHT}`)
  svg.setAttribute(
    'aria-label',
    text('chart', number(bars.reduce((all, bar) => all + sum(bar.kinds), 0))),
  )
  svg.replaceChildren(
    ...bars.map(({ at, kinds }, index) => {
      const group = shape('g', {})
      const title = shape('title', {})
      const parts = names.flatMap((name) => {
        const count = kinds.get(name) ?? 0
        return count === 0 ? [] : [`${kindName(name)} ${number(count)}`]
      })
      title.textContent = `${day(at)}: ${parts.join(', ') || '0'}`
      const x = index * STEP + (STEP - BAR) / 2
      group.append(title, shape('rect', { class: 'ground', x, y: 0, width: BAR, height: HEIGHT }))
      let top = HEIGHT
      for (const name of names) {
        const height = ((kinds.get(name) ?? 0) / most) * HEIGHT
        top -= height
        group.append(shape('rect', { class: classOf(name), x, y: top, width: BAR, height }))
      }
      return group
    }),
  )
  const first = bars.at(0)
  const last = bars.at(-1)
  legend.replaceChildren(
    element('span', 'ends', first ? day(first.at) : ''),
    element(
      'span',
      'names',
      ...names.map((name) => {
        const mark = shape('svg', { class: 'mark', viewBox: '0 0 10 10', 'aria-hidden': 'true' })
        mark.append(shape('rect', { class: classOf(name), width: 10, height: 10 }))
        return element('span', '', mark, ` ${kindName(name)}`)
      }),
    ),
    element('span', 'ends', last && last !== first ? day(last.at) : ''),
  )
}
