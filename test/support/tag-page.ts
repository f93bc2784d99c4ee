import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { launchBrowser } from './browser.js'
import { servePage, type PageServer } from './page-server.js'

const core = readFileSync(new URL('../../dist/core.proxy.js', import.meta.url))

/** A page with the built script at every path that ends in `.js`, and a proxy at every path that takes a POST. */
export class TagPage {
  html = ''
  /** The targets of the call events of this test. */
  arrived: string[] = []
  browser!: Browser
  #server: PageServer | undefined

  /** Registers the hooks that start and stop server and browser for a file of tests. */
  constructor() {
    beforeAll(async () => {
      this.browser = await launchBrowser()
      this.#server = await servePage((request, response) => {
        if (request.url?.endsWith('.js'))
          return response.setHeader('Content-Type', 'text/javascript').end(core)
        if (request.method !== 'POST')
          return response.setHeader('Content-Type', 'text/html').end(`<!doctype html>${this.html}`)
        let body = ''
        request.on('data', (chunk) => (body += chunk))
        return request.on('end', () => {
          this.arrived.push(JSON.parse(body).intent_target)
          response.setHeader('Content-Type', 'application/json').end('{"status":"unmatched"}')
        })
      })
    })
    beforeEach(() => {
      this.arrived = []
    })
    afterAll(async () => {
      await this.browser?.close()
      this.#server?.close()
    })
  }

  get origin(): string {
    return this.#server!.origin
  }
}
