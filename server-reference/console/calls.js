import { showKept } from './calls-kept.js'
import { showStory } from './calls-story.js'
import { showSummary } from './calls-summary.js'
import { showWebhooks } from './calls-webhooks.js'
import { element, part } from './element.js'
import { kindName, text, time } from './language.js'
import { nameOf } from './session.js'
import { fillTable } from './table.js'

/** @typedef {import('./api.js').Call} Call */
/** @typedef {ReturnType<typeof import('./session.js').createSession>} Session */

const PERIODS = /** @type {const} */ ([
  ['today', 1],
  ['days7', 7],
  ['days30', 30],
])
const SEARCH_PAUSE_MS = 250
/** Calls of the first page; a reader who has paged further down is not sent back to the top by a new call. */
const PAGE = 50

const input = (/** @type {string} */ id) => part(id, HTMLInputElement)
const select = (/** @type {string} */ id) => part(id, HTMLSelectElement)
const html = (/** @type {string} */ id) => part(id, HTMLElement)

/** Midnights in the reader's time zone: `count` days before today, today's and tomorrow's. @param {number} count */
function midnights(count) {
  const now = new Date()
  return Array.from({ length: count + 2 }, (_, index) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate() - count + index).getTime(),
  )
}

/**
 * Creates the view of the calls, for the business.
 *
 * @param {Session} session
 * @param {{ onNoCallsEver: () => void }} options
 */
export function createCalls(session, { onNoCallsEver }) {
  let days = 7
  /** @type {Call[]} */
  let rows = []
  /** @type {string | null} */
  let next = null
  /** Counts looks, so that a slow answer does not replace a newer one. */
  let look = 0
  let hasAnyCall = false
  let isShown = false

  const filters = () => ({
    site: session.site(),
    from: String(midnights(days - 1)[0]),
    search: input('calls-search').value.trim(),
    action: select('kind').value,
    marked: input('marked').checked ? 'true' : undefined,
  })
  /** @param {string} path @param {Record<string, string | undefined>} parameters */
  const read = (path, parameters) =>
    session.get(path, parameters).then((response) => response.json())

  async function refresh() {
    const mine = ++look
    const bounds = midnights(2 * days - 1)
    try {
      const [summary, page] = await Promise.all([
        read('/api/calls/summary', {
          site: session.site(),
          at: bounds.join(),
          from: String(bounds[days]),
        }),
        read('/api/calls', { ...filters(), limit: String(PAGE) }),
      ])
      if (mine !== look) return
      session.isWell()
      offerKinds(showSummary(summary.counts, bounds))
      rows = page.calls
      next = page.next
      showRows()
      if (rows.length > 0) hasAnyCall = true
      else if (!hasAnyCall) await lookForAnyCall(mine)
    } catch (error) {
      if (mine === look) session.complain(error)
    }
  }

  /** @param {number} mine */
  async function lookForAnyCall(mine) {
    const { calls } = await read('/api/calls', { limit: '1', marked: 'true' })
    if (mine !== look) return
    hasAnyCall = calls.length > 0
    if (!hasAnyCall) onNoCallsEver()
  }

  /** @param {string[]} names */
  function offerKinds(names) {
    const chosen = select('kind').value
    select('kind').replaceChildren(
      new Option(text('allKinds'), ''),
      ...[...new Set([...names, chosen])]
        .filter((name) => name !== '')
        .map((name) => new Option(kindName(name), name)),
    )
    select('kind').value = chosen
  }

  function showRows() {
    const many = (session.opened()?.sites.length ?? 0) > 1 && session.site() === ''
    fillTable(
      html('calls-rows'),
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
          ...(many ? [nameOf(session.siteOf(call.site_id), call.site_id)] : []),
        ]
      }),
    )
    html('none').hidden = rows.length > 0
    html('more').hidden = next === null
  }

  async function showMore() {
    const mine = look
    try {
      const page = await read('/api/calls', {
        ...filters(),
        limit: '200',
        after: next ?? undefined,
      })
      if (mine !== look) return
      rows = [...rows, ...page.calls]
      next = page.next
      showRows()
    } catch (error) {
      session.complain(error)
    }
  }

  /** @param {Call} call */
  async function openStory(call) {
    try {
      const story = await read('/api/calls/story', { site: call.site_id, call: call.cursor })
      showStory(html('story-body'), story)
      part('story', HTMLDialogElement).showModal()
    } catch (error) {
      session.complain(error)
    }
  }

  /** Writes what is shown into a file. @param {string} format */
  async function exportAs(format) {
    const before = html('live').textContent
    html('live').textContent = text('exporting')
    try {
      const response = await session.get('/api/calls', {
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
      session.complain(error)
    }
    html('live').textContent = before
  }

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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing
  input('calls-search').addEventListener('input', () => {
    clearTimeout(typing)
    typing = setTimeout(() => void refresh(), SEARCH_PAUSE_MS)
  })
  part('calls-filter', HTMLFormElement).addEventListener('submit', (event) =>
    event.preventDefault(),
  )
  for (const id of ['kind', 'marked']) html(id).addEventListener('change', () => void refresh())
  html('more').addEventListener('click', () => void showMore())
  html('story-close').addEventListener('click', () => part('story', HTMLDialogElement).close())
  for (const made of document.querySelectorAll('[data-export]'))
    made.addEventListener('click', () => void exportAs(made.getAttribute('data-export') ?? 'csv'))

  return {
    open() {
      hasAnyCall = false
      showKept(session)
    },
    show() {
      isShown = true
      void refresh()
      void showWebhooks(session)
    },
    hide() {
      isShown = false
    },
    news() {
      if (isShown && rows.length <= PAGE) void refresh()
    },
    close() {
      look++
      rows = []
      next = null
      if (part('story', HTMLDialogElement).open) part('story', HTMLDialogElement).close()
    },
  }
}
