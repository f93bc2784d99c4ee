import { fetchWith, forgetToken, keepToken, Refused, rememberedToken } from './api.js'
import { part } from './element.js'
import { text } from './language.js'
import { follow } from './live.js'

/** @typedef {import('./api.js').Site} Site */
/** @typedef {import('./api.js').Opened} Opened */

/** A burst of calls is one look at the database. */
const NEWS_PAUSE_MS = 400
/** Milliseconds after which a server that did not answer is asked again. */
const RETRY_MS = 5_000

const html = (/** @type {string} */ id) => part(id, HTMLElement)
const chosen = () => part('chosen-site', HTMLSelectElement)

/** Returns a site's name, as its owner reads it. @param {Site | undefined} site @param {string} [id] */
export const nameOf = (site, id = '') => site?.name ?? site?.public_id ?? id

/**
 * Keeps the token, what it opens, and the choice of a site among several. Calls and Setup share it; the Inspector has
 * a connection of its own.
 *
 * @param {{ onOpened: () => void, onClosed: () => void, onNews: () => void, onSite: () => void }} options
 */
export function createSession({ onOpened, onClosed, onNews, onSite }) {
  let token = ''
  /** @type {Opened | undefined} */
  let opened
  let isOpening = false
  let stop = () => {}
  let isStarted = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let soon

  /** Opens what the token opens. */
  async function open() {
    html('sign-in-problem').textContent = ''
    const asked = token
    isOpening = true
    try {
      const answer = await fetchWith(token, '/api/calls/sites').then((response) => response.json())
      if (asked !== token) return
      opened = /** @type {Opened} */ (answer)
      isOpening = false
    } catch (error) {
      if (asked !== token) return
      // A server that does not answer says nothing about the token.
      isOpening = session.complain(error)
      if (isOpening) setTimeout(() => asked === token && void open(), RETRY_MS)
      return
    }
    session.isWell()
    const { sites } = opened
    html('site-name').textContent = sites.length === 1 ? nameOf(sites[0]) : ''
    chosen().replaceChildren(
      ...(sites.length > 1 ? [new Option(text('allSites'), '')] : []),
      ...sites.map((site) => new Option(nameOf(site), site.site_id)),
    )
    stop()
    stop = follow(token, {
      onNews: () => {
        clearTimeout(soon)
        soon = setTimeout(onNews, NEWS_PAUSE_MS)
      },
      onState: (isLive) => (html('live').textContent = text(isLive ? 'live' : 'polling')),
      onEnd: () => {
        session.close()
        html('sign-in-problem').textContent = text('wrongToken')
      },
    })
    onOpened()
  }

  const session = {
    /** Begins with the token that this tab has, once. */
    start() {
      if (isStarted) return
      isStarted = true
      token = rememberedToken()
      if (token === '') onClosed()
      else void open()
    },
    opened: () => opened,
    /** The token is known, and what it opens not yet. */
    isOpening: () => isOpening,
    /** The site that is chosen; empty: all that the token opens. */
    site: () => chosen().value,
    /** @param {string} site */
    choose(site) {
      chosen().value = site
      onSite()
    },
    siteOf: (/** @type {string} */ id) => opened?.sites.find((one) => one.site_id === id),
    /** @param {string} path @param {Record<string, string | undefined>} [parameters] @param {RequestInit} [init] */
    get: (path, parameters, init) => fetchWith(token, path, parameters, init),
    /**
     * Says why something was not read. A token that opens nothing (any more) closes the session.
     *
     * @param {unknown} error
     * @returns {boolean} true if it can be tried again
     */
    complain(error) {
      const status = error instanceof Refused ? error.status : -1
      if (status === 401 || status === 429) {
        session.close()
        html('sign-in-problem').textContent = text(status === 401 ? 'wrongToken' : 'tooMany')
        return false
      }
      html('problem').textContent = text('unreachable')
      html('problem').hidden = false
      return true
    },
    /** Takes the complaint back. */
    isWell: () => (html('problem').hidden = true),
    close() {
      stop()
      clearTimeout(soon)
      token = ''
      opened = undefined
      isOpening = false
      forgetToken()
      html('live').textContent = ''
      html('site-name').textContent = ''
      onClosed()
    },
  }

  part('sign-in', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault()
    token = part('token', HTMLInputElement).value.trim()
    part('token', HTMLInputElement).value = ''
    keepToken(token)
    void open()
  })
  html('sign-out').addEventListener('click', session.close)
  chosen().addEventListener('change', onSite)
  return session
}
