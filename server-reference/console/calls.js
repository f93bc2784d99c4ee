import { fetchWith, forgetToken, keepToken, Refused, rememberedToken } from './calls-api.js'
import { drawChart, KINDS } from './calls-chart.js'
import { kindName, number, text, time, translate } from './calls-language.js'
import { follow } from './calls-live.js'
import { showStory } from './calls-story.js'
import { fillTable } from './calls-table.js'
import { element, part } from './element.js'

/** @typedef {import('./calls-api.js').Call} Call */
/** @typedef {import('./calls-api.js').Count} Count */
/** @typedef {import('./calls-api.js').Site} Site */

const PERIODS = /** @type {const} */ ([
  ['today', 1],
  ['days7', 7],
  ['days30', 30],
])
const SEARCH_PAUSE_MS = 250
/** A burst of calls is one look at the database. */
const NEWS_PAUSE_MS = 400

const input = (/** @type {string} */ id) => part(id, HTMLInputElement)
const select = (/** @type {string} */ id) => part(id, HTMLSelectElement)
const html = (/** @type {string} */ id) => part(id, HTMLElement)

let token = ''
let days = 7
/** @type {Site[]} */
let sites = []
/** @type {Call[]} */
let rows = []
/** @type {string | null} */
let next = null
let stop = () => {}
/** Counts looks, so that a slow answer does not replace a newer one. */
let look = 0

/** Midnights in the reader's time zone: `count` days before today, today's and tomorrow's. @param {number} count */
function midnights(count) {
  const now = new Date()
  return Array.from({ length: count + 2 }, (_, index) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - count + index).getTime(),
  )
}

/** Returns the midnight at which the current period begins. */
const periodStart = () => /** @type {number} */ (midnights(days - 1)[0])

/** @param {unknown} error */
function complain(error) {
  const status = error instanceof Refused ? error.status : -1
  if (status === 401 || status === 429) {
    signOut()
    html('sign-in-problem').textContent = text(status === 401 ? 'wrongToken' : 'tooMany')
    return
  }
  html('problem').textContent = text('unreachable')
  html('problem').hidden = false
}

const filters = () => ({
  site: select('site').value,
  from: String(periodStart()),
  search: input('search').value.trim(),
  action: select('kind').value,
  marked: input('marked').checked ? 'true' : undefined,
})

async function refresh() {
  const mine = ++look
  const bounds = midnights(2 * days - 1)
  const from = /** @type {number} */ (bounds[days])
  try {
    const [summary, page] = await Promise.all([
      fetchWith(token, '/api/calls/summary', {
        site: select('site').value,
        at: bounds.join(),
        from: String(from),
      }).then((response) => response.json()),
      fetchWith(token, '/api/calls', { ...filters(), limit: '50' }).then((response) =>
        response.json(),
      ),
    ])
    if (mine !== look) return
    html('problem').hidden = true
    showSummary(summary.counts, bounds)
    rows = page.calls
    next = page.next
    showRows()
  } catch (error) {
    if (mine === look) complain(error)
  }
}

/** @param {Count[]} counts @param {number[]} bounds */
function showSummary(counts, bounds) {
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
  const table = (
    /** @type {'page' | 'campaign'} */ by,
    /** @type {(name: string) => string} */ say,
  ) =>
    fillTable(
      html(`by-${by}`),
      [text(by), text('calls')],
      counts
        .filter((one) => one.by === by)
        .toSorted((a, b) => b.count - a.count)
        .slice(0, 10)
        .map(({ name, count }) => [say(name), number(count)]),
    )
  table('page', (name) => name || text('noPage'))
  table('campaign', campaignName)
  const chosen = select('kind').value
  select('kind').replaceChildren(
    new Option(text('allKinds'), ''),
    ...[...new Set([...names, chosen])]
      .filter((name) => name !== '')
      .map((name) => new Option(kindName(name), name)),
  )
  select('kind').value = chosen
}

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

function showRows() {
  const many = sites.length > 1 && select('site').value === ''
  fillTable(
    html('rows'),
    [
      text('time'),
      text('kind'),
      text('target'),
      text('page'),
      text('visit'),
      ...(many ? [text('site')] : []),
    ],
    rows.map((call) => {
      const open = /** @type {HTMLButtonElement} */ (
        element('button', 'row', time(call.occurred_at))
      )
      open.type = 'button'
      open.addEventListener('click', () => void openStory(call))
      return [
        open,
        call.marked === null
          ? kindName(call.action)
          : `${kindName(call.action)} (${text(call.marked)})`,
        call.target ?? '',
        element('span', 'url', call.page_url ?? ''),
        text(call.status === 'matched' ? 'known' : 'unknown'),
        ...(many ? [siteName(call.site_id)] : []),
      ]
    }),
  )
  html('none').hidden = rows.length > 0
  html('more').hidden = next === null
}

const siteName = (/** @type {string} */ id) => {
  const site = sites.find((one) => one.site_id === id)
  return site?.name ?? site?.public_id ?? id
}

async function showMore() {
  try {
    const page = await fetchWith(token, '/api/calls', {
      ...filters(),
      limit: '200',
      after: next ?? undefined,
    }).then((response) => response.json())
    rows = [...rows, ...page.calls]
    next = page.next
    showRows()
  } catch (error) {
    complain(error)
  }
}

/** @param {Call} call */
async function openStory(call) {
  try {
    const story = await fetchWith(token, '/api/calls/story', {
      site: call.site_id,
      call: call.cursor,
    }).then((response) => response.json())
    showStory(html('story-body'), story)
    part('story', HTMLDialogElement).showModal()
  } catch (error) {
    complain(error)
  }
}

/** Writes what is shown into a file. @param {string} format */
async function exportAs(format) {
  html('live').textContent = text('exporting')
  try {
    const response = await fetchWith(token, '/api/calls', {
      ...filters(),
      format,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    })
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await response.blob())
    link.download = name ?? 'calls.csv'
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  } catch (error) {
    complain(error)
  }
  html('live').textContent = ''
}

/** Opens what the token opens. */
async function start() {
  html('sign-in-problem').textContent = ''
  try {
    const opened = await fetchWith(token, '/api/calls/sites').then((response) => response.json())
    sites = opened.sites
    html('site-name').textContent = sites.length === 1 ? siteName(sites[0]?.site_id ?? '') : ''
    select('site').replaceChildren(
      ...(sites.length > 1 ? [new Option(text('allSites'), '')] : []),
      ...sites.map(({ site_id }) => new Option(siteName(site_id), site_id)),
    )
    html('site-choice').hidden = sites.length < 2
    const { drops } = opened
    html('drops-part').hidden = drops.length === 0
    fillTable(
      html('drops'),
      [text('site'), text('reason'), text('calls')],
      drops.map((/** @type {import('./calls-api.js').Drop} */ drop) => [
        siteName(drop.site_id),
        drop.reason,
        number(drop.count),
      ]),
    )
    html('kept').textContent =
      opened.retention_days === null
        ? text('keptForEver')
        : text('kept', number(opened.retention_days))
    html('sign-in').hidden = true
    html('calls').hidden = false
    html('sign-out').hidden = false
    await refresh()
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let soon
    stop()
    stop = follow(token, {
      onNews: () => {
        // A reader who has paged further down is not sent back to the top.
        if (rows.length > 50) return
        clearTimeout(soon)
        soon = setTimeout(() => void refresh(), NEWS_PAUSE_MS)
      },
      onState: (isLive) => (html('live').textContent = text(isLive ? 'live' : 'polling')),
    })
  } catch (error) {
    html('sign-in').hidden = false
    complain(error)
  }
}

function signOut() {
  stop()
  look++
  token = ''
  forgetToken()
  rows = []
  html('live').textContent = ''
  html('site-name').textContent = ''
  html('calls').hidden = true
  html('sign-out').hidden = true
  html('sign-in').hidden = false
  input('token').focus()
}

translate()
document.title = `OpsMantik · ${text('title')}`
html('periods').append(
  ...PERIODS.map(([name, count]) => {
    const made = /** @type {HTMLButtonElement} */ (element('button', 'period', text(name)))
    made.type = 'button'
    made.setAttribute('aria-pressed', String(count === days))
    made.addEventListener('click', () => {
      days = count
      for (const one of html('periods').children)
        one.setAttribute('aria-pressed', String(one === made))
      void refresh()
    })
    return made
  }),
)
part('sign-in', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  token = input('token').value.trim()
  input('token').value = ''
  keepToken(token)
  void start()
})
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing
input('search').addEventListener('input', () => {
  clearTimeout(typing)
  typing = setTimeout(() => void refresh(), SEARCH_PAUSE_MS)
})
part('filter', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault())
for (const id of ['site', 'kind', 'marked'])
  html(id).addEventListener('change', () => void refresh())
html('more').addEventListener('click', () => void showMore())
html('sign-out').addEventListener('click', signOut)
html('story-close').addEventListener('click', () => part('story', HTMLDialogElement).close())
for (const made of document.querySelectorAll('[data-export]'))
  made.addEventListener('click', () => void exportAs(made.getAttribute('data-export') ?? 'csv'))

token = rememberedToken()
if (token === '') html('sign-in').hidden = false
else void start()
