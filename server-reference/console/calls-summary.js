import { drawChart, KINDS } from './calls-chart.js'
import { element, part } from './element.js'
import { kindName, number, text } from './language.js'
import { fillTable } from './table.js'

/** @typedef {import('./api.js').Count} Count */

const html = (/** @type {string} */ id) => part(id, HTMLElement)

/**
 * Shows the counts of a period beside those of the preceding one: totals, the chart by day, the tables by page and by
 * campaign.
 *
 * @param {Count[]} counts
 * @param {number[]} bounds midnights of both periods, and of the next day
 * @returns {string[]} the kinds of calls that were counted
 */
export function showSummary(counts, bounds) {
  const days = (bounds.length - 1) / 2
  const kinds = counts.filter(({ by }) => by === 'kind')
  const names = [...new Set(kinds.map(({ name }) => name))].toSorted(
    (a, b) => ((KINDS.indexOf(a) + 99) % 99) - ((KINDS.indexOf(b) + 99) % 99),
  )
  const sum = (/** @type {(count: Count) => boolean} */ isWanted) =>
    kinds.filter(isWanted).reduce((all, { count }) => all + count, 0)
  const total = (/** @type {string} */ title, /** @type {(count: Count) => boolean} */ isOf) => {
    const current = sum((one) => one.bucket >= days && isOf(one))
    const before = sum((one) => one.bucket < days && isOf(one))
    return element(
      'div',
      '',
      element('dt', '', title),
      element(
        'dd',
        '',
        element('strong', '', number(current)),
        element('span', '', text('before', number(before))),
      ),
    )
  }
  html('totals').replaceChildren(
    total(text('all'), () => true),
    ...names.map((name) => total(kindName(name), (one) => one.name === name)),
  )
  drawChart(
    /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById('by-day'))),
    html('legend'),
    bounds.slice(days, -1).map((at, index) => ({
      at,
      kinds: new Map(
        kinds
          .filter(({ bucket }) => bucket === index + days)
          .map(({ name, count }) => [name, count]),
      ),
    })),
  )
  fillCounts(counts, 'page', (name) => name || text('noPage'))
  fillCounts(counts, 'campaign', campaignName)
  return names
}

/** @param {Count[]} counts @param {'page' | 'campaign'} by @param {(name: string) => string} say */
const fillCounts = (counts, by, say) =>
  fillTable(
    html(`by-${by}`),
    [text(by), text('calls')],
    counts
      .filter((one) => one.by === by)
      .toSorted((a, b) => b.count - a.count)
      .slice(0, 10)
      .map(({ name, count }) => [say(name), number(count)]),
  )

/** @param {string} name `medium|source|campaign`, the last two as the URL has them */
function campaignName(name) {
  const [medium = '', ...words] = name.split('|')
  const said = words.filter((word) => word !== '').map(decoded)
  if (['gclid', 'gbraid', 'wbraid'].includes(medium)) said.unshift(text('googleAd'))
  else if (medium !== '') said.unshift(text('ad'))
  return said.join(' · ') || text('noCampaign')
}

/** @param {string} word */
function decoded(word) {
  try {
    return decodeURIComponent(word.replaceAll('+', ' '))
  } catch {
    return word
  }
}
