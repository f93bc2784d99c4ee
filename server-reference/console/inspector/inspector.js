import { createAnnouncer } from './announce.js'
import { createChart } from './chart.js'
import { createCounters } from './counters.js'
import { createDetails } from './details.js'
import { part } from '../element.js'
import { connect } from './feed.js'
import { createFilterBar } from './filter-bar.js'
import { createSites, matches } from './filter.js'
import { showFirstSteps } from './first-steps.js'
import { listenToKeys } from './keys.js'
import { createList } from './list.js'
import { createPause } from './pause.js'
import { goBack, goTo, openId } from './place.js'
import { createStatus } from './status.js'

const button = (/** @type {string} */ id) => part(id, HTMLButtonElement)
const help = part('help', HTMLDialogElement)
const chart = createChart(
  /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById('chart'))),
  part('chart-top', HTMLElement),
)
const counters = createCounters()
const announce = createAnnouncer(part('announcer', HTMLElement))
const sites = createSites()
const bar = createFilterBar(sites, () => list.refilter())
const list = createList(part('rows', HTMLElement), {
  matches: (entry) => matches(bar.read(), entry, sites),
  onDrawn: tell,
  onChanged: ({ message }) => openId() === message.id && details.show(message),
})
const pause = createPause(button('pause'), list)
const details = createDetails()
showFirstSteps()

function tell() {
  const { shown, all } = list.counts()
  bar.tell(shown, all)
  part('empty', HTMLElement).hidden = all > 0
  part('feed', HTMLElement).hidden = shown === 0
  list.mark(openId())
  // The one that the address names may just have come.
  if (missing && list.find(openId() ?? '')) showOpen()
}

/** The address names an event that is not here, or not yet. */
let missing = openId() !== undefined

function showOpen() {
  const id = openId()
  const entry = id === undefined ? undefined : list.find(id)
  missing = id !== undefined && entry === undefined
  if (entry) details.show(entry.message)
  else if (id === undefined) details.hide()
  else details.showMissing()
  list.mark(id)
}

addEventListener('hashchange', () => {
  const before = list.marked()
  const wasOpen = details.isOpen()
  showOpen()
  if (details.isOpen()) details.focus()
  else if (wasOpen) list.focus(before ?? list.beside(list.current(), 1))
})

/** @param {1 | -1} by */
const move = (by) => (/** @type {KeyboardEvent} */ event) => {
  const inList = part('rows', HTMLElement).contains(document.activeElement)
  const isArrow = event.key.startsWith('Arrow')
  // Elsewhere the arrows scroll, as everywhere.
  if (isArrow && !inList && document.activeElement !== document.body) return
  event.preventDefault()
  if (details.isOpen()) {
    const next = list.beside(openId(), by)
    if (!next) return
    goTo(next.message.id)
    return
  }
  list.focus(inList ? list.beside(list.current(), by) : list.beside(undefined, by))
}

function toggleHelp() {
  if (help.open) help.close()
  else help.showModal()
}

listenToKeys({
  j: move(1),
  ArrowDown: move(1),
  k: move(-1),
  ArrowUp: move(-1),
  Escape: (event) => {
    if (document.activeElement !== part('search', HTMLElement)) return goBack()
    // Left to itself it would empty the field: what was searched for is to be looked at now.
    event.preventDefault()
    part('search', HTMLElement).blur()
    list.focus(list.find(list.current() ?? ''))
  },
  '/': (event) => {
    event.preventDefault()
    bar.focus()
  },
  '?': toggleHelp,
  p: pause.toggle,
  c: () => document.getElementById('copy-curl')?.click(),
})
button('help-open').addEventListener('click', toggleHelp)
button('help-close').addEventListener('click', toggleHelp)
button('close').addEventListener('click', goBack)
button('clear').addEventListener('click', () => {
  list.clear()
  chart.clear()
  counters.clear()
  goBack()
})

const feed = connect({
  onMessage(message) {
    if (!list.add(message)) return
    sites.learn(message)
    bar.learn(message)
    counters.add(message)
    chart.add(message)
    pause.tell()
    announce(message)
  },
  onState: createStatus({
    box: part('connection', HTMLElement),
    state: part('state', HTMLElement),
    countdown: part('countdown', HTMLElement),
    retry: button('retry'),
  }),
})

button('retry').addEventListener('click', feed.retryNow)
addEventListener('online', feed.retryNow)
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') feed.retryNow()
})
// The entry that the address names is in the backlog, if it still exists.
setTimeout(() => missing && showOpen(), 1_500)
