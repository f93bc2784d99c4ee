import { PATIENCE, until } from './engine.mjs'

/** True in a new document that has loaded. Elements may take the names of the document's own properties. */
const LOADED =
  '!window.old && performance.getEntriesByType("navigation").some((entry) => entry.loadEventEnd > 0)'

/** Milliseconds that a script which does nothing but look may take. */
const LOOK_PATIENCE = 1000

/**
 * Implements the few commands of the WebDriver protocol that the rows need. A session has many windows and one current
 * one, so every command for a window waits for its turn.
 */
export class WebDriverSession {
  version = ''
  #path = ''
  #current = ''
  /** @type {Promise<unknown>} */ #turn = Promise.resolve()
  /** The windows that we know. @type {Set<string>} */
  #own = new Set()
  /** Never closed: it keeps the browser alive. */
  #first = ''

  /** @param {string} driver the driver's URL */
  constructor(driver) {
    this.driver = driver
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {number} [patience] milliseconds
   * @returns {Promise<any>}
   */
  async send(method, path, body, patience = PATIENCE) {
    const url = `${this.driver}/session${this.#path}${path}`
    const signal = AbortSignal.timeout(patience)
    const answer = await fetch(url, {
      method,
      signal,
      ...(body && { body: JSON.stringify(body) }),
    })
    const { value } = /** @type {{ value: any }} */ (await answer.json())
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`)
    return value
  }

  /** @param {object} capabilities */
  async start(capabilities) {
    const made = await this.send('POST', '', { capabilities: { alwaysMatch: capabilities } })
    this.#path = `/${made.sessionId}`
    this.version = made.capabilities.browserVersion
    this.#first = await this.send('GET', '/window')
    this.#own.add(this.#first)
    return this
  }

  async tab() {
    const { handle } = await this.on(this.#first, () =>
      this.send('POST', '/window/new', { type: 'tab' }),
    )
    this.#own.add(handle)
    return new WebDriverTab(this, handle)
  }

  /**
   * @template T
   * @param {string} handle
   * @param {() => Promise<T>} what done while that window is the current one
   * @returns {Promise<T>}
   */
  on(handle, what) {
    return this.#next(async () => {
      if (this.#current !== handle) await this.send('POST', '/window', { handle })
      this.#current = handle
      return what()
    })
  }

  /** Closes windows that this driver has not opened. */
  async closeOthers() {
    for (const handle of await this.on(this.#first, () => this.send('GET', '/window/handles')))
      if (!this.#own.has(handle)) await this.closeWindow(handle)
  }

  /** @param {string} handle */
  async closeWindow(handle) {
    await this.on(handle, () => this.send('DELETE', '/window'))
    this.#own.delete(handle)
    this.#current = ''
  }

  /**
   * @template T
   * @param {() => Promise<T>} what
   * @returns {Promise<T>}
   */
  #next(what) {
    const done = this.#turn.then(what)
    this.#turn = done.catch(() => {})
    return done
  }
}

/** @implements {Tab} @typedef {import('./engine.mjs').Tab} Tab */
class WebDriverTab {
  #session
  #handle

  /** @param {WebDriverSession} session @param {string} handle */
  constructor(session, handle) {
    this.#session = session
    this.#handle = handle
  }

  /** @param {string} url */
  async open(url) {
    // A mark tells the old document from the new one.
    await this.run('window.old = true')
    await this.#command('POST', '/url', { url })
    await this.#wait(url, LOADED)
  }

  /** @param {string} id */
  press(id) {
    return this.#session.on(this.#handle, async () => {
      const query = { using: 'css selector', value: `#${id}` }
      const element = await this.#session.send('POST', '/element', query)
      await this.#session.send('POST', `/element/${Object.values(element)[0]}/click`, {})
    })
  }

  /** Input as the protocol's "perform actions" takes it. @param {object[]} actions */
  async act(actions) {
    await this.#command('POST', '/actions', { actions })
  }

  /** @param {string} url */
  async reached(url) {
    await this.#wait(url, 'true')
  }

  /** Resolves when the earlier page is shown. */
  async back() {
    /** @param {string} script */
    const now = (script) =>
      this.#command('POST', '/execute/sync', { script, args: [] }, LOOK_PATIENCE)
    await now('window.left = true')
    await this.#command('POST', '/back', {})
    // A script that is under way when its page is frozen never ends, so it is asked again.
    const there = () => now('return window.left !== true').catch(() => false)
    if (!(await until(there, PATIENCE, 20)))
      throw new Error(`WebKit does not go back within ${PATIENCE} ms`)
  }

  /** @param {string} expression */
  run(expression) {
    const script = `Promise.resolve((async () => (${expression}))())
      .then(arguments[0], (error) => arguments[0](String(error)))`
    return this.#command('POST', '/execute/async', { script, args: [] })
  }

  closeOthers() {
    return this.#session.closeOthers()
  }

  close() {
    return this.#session.closeWindow(this.#handle)
  }

  /** @param {string} method @param {string} path @param {object} [body] @param {number} [patience] */
  #command(method, path, body, patience) {
    return this.#session.on(this.#handle, () => this.#session.send(method, path, body, patience))
  }

  /** @param {string} url @param {string} condition */
  async #wait(url, condition) {
    const expression = `location.href.startsWith(${JSON.stringify(url)}) && ${condition}`
    // Between two documents there may be none to query.
    const there = () => this.run(expression).catch(() => false)
    if (!(await until(async () => (await there()) === true, PATIENCE, 20)))
      throw new Error(`WebKit is not at ${url} after ${PATIENCE} ms`)
  }
}
