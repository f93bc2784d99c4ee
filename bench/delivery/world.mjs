import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { sleep } from './engines/engine.mjs'
import { shopPage } from './pages.mjs'
import { decode, PEERS } from './peers.mjs'
import { Recorder } from './recorder.mjs'

/** @typedef {import('node:http').RequestListener} Listener */

const HOST = '127.0.0.1'
// Never no-store: it would keep the pages out of the back/forward cache.
const FRESH = { 'Cache-Control': 'no-cache' }

/** Milliseconds that the shop takes for a part of a page, as over a network. */
const PART_TAKES = 30

/** An http server that can go away and come back on the same port. */
class Site {
  port = 0
  #server

  /** @param {Listener} listener */
  constructor(listener) {
    this.#server = createServer(listener)
  }

  async open() {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.port, HOST, () => resolve(undefined))
    })
    const address = this.#server.address()
    if (address && typeof address === 'object') this.port = address.port
    return this
  }

  close() {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    return closed
  }
}

/**
 * The origins of one row: a shop for each visitor (a separate origin has a separate outbox), the console, which is also
 * a proxy on another origin and a peer's server, and a site to leave for.
 */
export class BenchWorld {
  siteId = randomBytes(16).toString('hex')
  secret = randomBytes(24).toString('base64url')
  /** Reports from pages without a driver, by shop and kind. @type {Map<string, string>} */
  told = new Map()
  /** @type {Site[]} */ #shops = []
  /** Loads of the script that wait for each other, and how many have to be there. @type {(() => void)[]} */
  #waiting = []
  #together = 0

  /**
   * @param {Buffer | undefined} core the tracker's script
   * @param {import('./recorder.mjs').Mode} mode
   * @param {number} visitors
   */
  constructor(core, mode, visitors) {
    this.core = core
    this.mode = mode
    this.visitors = visitors
    this.recorder = new Recorder(this.secret, decode)
    this.console = new Site((request, response) => {
      const kind = request.url === '/ops' ? 'proxy' : mode
      return this.recorder.take(request, response, kind, true)
    })
    this.away = new Site((request, response) => {
      if (/^\/(shop|part)/.test(request.url ?? '')) return this.#serve(-1, request, response)
      response.writeHead(200, { ...FRESH, 'Content-Type': 'text/html' })
      response.end(
        '<!doctype html><link rel="icon" href="data:,"><title>elsewhere</title>elsewhere',
      )
    })
  }

  async open() {
    await this.console.open()
    await this.away.open()
    for (let i = 0; i < this.visitors; i++)
      this.#shops.push(await new Site((...exchange) => this.#serve(i, ...exchange)).open())
    return this
  }

  /** Another host: a browser may take another process for it, as for a real foreign site. */
  get elsewhere() {
    return `http://localhost:${this.away.port}/`
  }

  /**
   * Returns the URL of a page of a shop without any tracker, which no other visitor opens.
   *
   * @param {number} parts
   */
  bare(parts) {
    return `http://${HOST}:${this.away.port}/shop?bare=1&parts=${parts}`
  }

  /**
   * @param {number} visitor
   * @param {Record<string, string | number>} [query]
   */
  shop(visitor, query = {}) {
    const words = Object.entries(query).map(([key, value]) => [key, String(value)])
    return `http://${HOST}:${this.#shops[visitor]?.port}/shop?${new URLSearchParams(words)}`
  }

  /**
   * Delivers the tracker's script to the next `pages` pages at the same moment, so that they finish loading together.
   *
   * @param {number} pages
   */
  loadTogether(pages) {
    this.#together = pages
  }

  /** Stops the server of the events; the pages stay. */
  async gone() {
    this.recorder.faults.gone = true
    await this.console.close()
  }

  async back() {
    this.recorder.faults.gone = false
    await this.console.open()
  }

  async close() {
    await Promise.all([this.console, this.away, ...this.#shops].map((site) => site.close()))
  }

  /** @type {(visitor: number, ...exchange: Parameters<Listener>) => Promise<void>} */
  async #serve(visitor, request, response) {
    const { pathname, searchParams } = new URL(request.url ?? '', `http://${HOST}`)
    if (pathname === '/ops') return this.recorder.take(request, response, 'proxy', false)
    const [, folder, kind] = pathname.split('/')
    if (folder === 'told') {
      let text = ''
      for await (const chunk of request) text += chunk
      this.told.set(`${kind} ${visitor}`, text)
      return void response.writeHead(204).end()
    }
    /** @param {string} type @param {string | Buffer} content */
    const give = (type, content) => {
      response.writeHead(200, { ...FRESH, 'Content-Type': `${type}; charset=utf-8` }).end(content)
    }
    if (folder === 'core.js') {
      if (this.#together) {
        const all = new Promise((resolve) => this.#waiting.push(() => resolve(undefined)))
        if (this.#waiting.length === this.#together) {
          this.#together = 0
          for (const go of this.#waiting.splice(0)) go()
        }
        await all
      }
      return give('text/javascript', this.core ?? '')
    }
    if (folder === 'part') {
      await sleep(PART_TAKES)
      return give('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>')
    }
    if (folder === 'peers')
      return give(
        'text/javascript',
        await readFile(`${PEERS}/node_modules/${pathname.slice('/peers/'.length)}`).catch(() => ''),
      )
    const { mode, siteId, secret, elsewhere } = this
    const consoleUrl = `http://${HOST}:${this.console.port}`
    give('text/html', shopPage({ mode, siteId, secret, consoleUrl, elsewhere }, searchParams))
  }
}
