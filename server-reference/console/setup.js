import { copyButton } from './copy.js'
import { element, part } from './element.js'
import { copyTexts, text, time } from './language.js'
import { nameOf } from './session.js'
import { decideLights } from './setup-lights.js'
import { showLights } from './setup-list.js'
import { createWays } from './setup-ways.js'

/** @typedef {import('./setup-lights.js').Setup} Setup */
/** @typedef {import('./setup-lights.js').Check} Check */

/** While somebody looks at the lights; they are written within two seconds. */
const POLL_MS = 2_500
/** Once all are green. */
const QUIET_POLL_MS = 15_000
const ADDRESSES = 'opsmantik-setup-pages'

const html = (/** @type {string} */ id) => part(id, HTMLElement)
const address = () => part('check-url', HTMLInputElement)

/**
 * Creates the view that leads to the first press.
 *
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 */
export function createSetup(session) {
  const ways = createWays()
  /** @type {Setup | undefined} */
  let setup
  /** @type {Check | null} */
  let check = null
  let isShown = false
  /** The site that is shown; empty: none. */
  let shownSite = ''
  let look = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer

  /** @param {string} path @param {Record<string, string | undefined>} [parameters] */
  const read = (path, parameters = {}) =>
    session
      .get(path, { site: shownSite, server: location.origin, ...parameters })
      .then((response) => response.json())

  const originOfPage = () => {
    const typed = pageOf(address().value)
    return typed === null ? null : new URL(typed).origin
  }

  async function begin() {
    const opened = session.opened()
    const site =
      session.site() || (opened?.sites.length === 1 ? opened.sites[0]?.site_id : '') || ''
    html('setup-choose').hidden = site !== ''
    html('setup-site').hidden = site === ''
    if (site === '') return offerSites()
    if (site !== shownSite) {
      shownSite = site
      setup = undefined
      check = null
      look++
      html('lights').replaceChildren()
      html('check-said').textContent = text('checkHow')
      address().value = kept()[site] ?? ''
      const mine = look
      try {
        const { texts, sentences } = await read('/api/calls/setup/install')
        if (mine !== look) return
        ways.show(texts, sentences)
      } catch (error) {
        session.complain(error)
        shownSite = ''
        return
      }
    }
    await refresh()
  }

  function offerSites() {
    html('setup-sites').replaceChildren(
      ...(session.opened()?.sites ?? []).map((site) => {
        const button = element('button', '', nameOf(site))
        button.setAttribute('type', 'button')
        button.addEventListener('click', () => session.choose(site.site_id))
        return button
      }),
    )
  }

  async function refresh() {
    clearTimeout(timer)
    const mine = ++look
    const origin = originOfPage()
    try {
      const answer = /** @type {Setup} */ (
        await read('/api/calls/setup', { origin: origin ?? undefined })
      )
      if (mine !== look) return
      session.isWell()
      setup = answer
      if (address().value === '' && answer.origins[0]) {
        address().value = `${answer.origins[0]}/`
        void refresh()
        return
      }
      draw()
    } catch (error) {
      if (mine !== look) return
      session.complain(error)
    }
    later()
  }

  function later() {
    clearTimeout(timer)
    if (!isShown || shownSite === '') return
    const isDone = setup?.lights.press.state === 'ok' && setup.lights.proxy.state !== 'problem'
    timer = setTimeout(
      () => (document.visibilityState === 'hidden' ? later() : void refresh()),
      isDone ? QUIET_POLL_MS : POLL_MS,
    )
  }

  function draw() {
    if (!setup) return
    const lights = decideLights(setup, check, { server: location.origin, origin: originOfPage() })
    showLights(html('lights'), lights, ways.say)
    const { press } = setup.lights
    html('setup-done').textContent =
      press.state === 'ok' && press.at !== null ? text('setupDone', time(press.at)) : ''
  }

  async function checkPage() {
    const page = pageOf(address().value)
    if (page === null) {
      html('check-said').textContent = text('checkAddress')
      return
    }
    address().value = page
    keep(shownSite, page)
    const button = part('check', HTMLButtonElement)
    button.disabled = true
    html('check-said').textContent = text('checking')
    const site = shownSite
    try {
      const answer = await read('/api/calls/setup/page', { url: page })
      if (site !== shownSite) return
      check = { ...answer, at: Date.now() }
      html('check-said').textContent = text('checkedAt', time(Date.now()))
    } catch (error) {
      const status = /** @type {{ status?: number }} */ (error).status
      html('check-said').textContent = status === 429 ? text('checkTooMany') : text('checkHow')
      if (status !== 429) session.complain(error)
    } finally {
      button.disabled = false
    }
    await refresh()
  }

  part('check-form', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    void checkPage()
  })
  html('way-copy').replaceWith(
    copyButton(text('copy'), () => html('way-code').textContent ?? '', copyTexts()),
  )

  return {
    open() {
      shownSite = ''
    },
    show() {
      isShown = true
      void begin()
    },
    hide() {
      isShown = false
      clearTimeout(timer)
    },
    news() {
      if (isShown && shownSite !== '') void refresh()
    },
    close() {
      look++
      clearTimeout(timer)
      shownSite = ''
      setup = undefined
      check = null
    },
  }
}

/** Returns the address of a page as its owner types it, with or without https://; null if it is none. @param {string} typed */
function pageOf(typed) {
  const trimmed = typed.trim()
  if (trimmed === '') return null
  const whole = /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  return URL.canParse(whole) && /\w/.test(new URL(whole).hostname) ? new URL(whole).href : null
}

/** Returns the pages that were checked in this session, by site. @returns {Record<string, string>} */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(ADDRESSES) ?? '{}')
  } catch {
    return {}
  }
}

/** @param {string} site @param {string} page */
const keep = (site, page) =>
  sessionStorage.setItem(ADDRESSES, JSON.stringify({ ...kept(), [site]: page }))
