import { randomUUID } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { OTHER_SITE, ORIGIN, SITE, signed } from '../../server-reference/src/testing/sign.js'
import { event, pageEvent } from '../../server-reference/src/testing/call.js'

export { ORIGIN, OTHER_SITE, SITE, event, pageEvent, signed }

export interface Answered {
  status: number
  body: Record<string, unknown>
}

/** A server in development, and a cable to it that can be pulled. */
export class ConsoleWorld {
  #port = 0
  #server: Awaited<ReturnType<typeof startServer>> | undefined
  #cable: Server | undefined
  readonly #ends = new Set<Socket>()

  /** Of the server itself. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }
  /** Of the same server at the other end of the cable. */
  get cableUrl(): string {
    return `http://127.0.0.1:${(this.#cable!.address() as AddressInfo).port}`
  }

  async start(variables: Record<string, string> = {}): Promise<void> {
    this.#port = await freePort(0)
    this.#server = await startServer({
      port: this.#port,
      siteId: SITE.publicId,
      secret: SITE.secret,
      origins: [ORIGIN],
      variables: {
        SEED_SITES: [SITE, OTHER_SITE]
          .map(({ publicId, secret }) => `${publicId}:${secret}`)
          .join(','),
        RATE_LIMIT_COARSE: '6000',
        RATE_LIMIT_V1: '6000',
        RATE_LIMIT_V2: '6000',
        RATE_LIMIT_SYNC: '6000',
        ...variables,
      },
    })
    this.#cable = createServer((near) => {
      const far = connect(this.#port, '127.0.0.1')
      for (const end of [near, far]) {
        this.#ends.add(end)
        end.on('error', () => end.destroy())
        end.on('close', () => this.#ends.delete(end))
      }
      near.pipe(far).pipe(near)
    })
    await this.plug(0)
  }

  async unplug(): Promise<number> {
    const { port } = this.#cable!.address() as AddressInfo
    for (const end of this.#ends) end.destroy()
    await new Promise((resolve) => this.#cable!.close(resolve))
    return port
  }
  plug(port: number): Promise<void> {
    return new Promise((resolve) => this.#cable!.listen(port, '127.0.0.1', resolve))
  }

  async stop(): Promise<void> {
    if (this.#cable?.listening) await this.unplug()
    await this.#server?.stop()
  }

  async send(path: string, init: RequestInit): Promise<Answered> {
    const response = await fetch(this.url + path, init)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  /** Sends a signed request as from a server; `headers` replaces the signature. */
  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = signed(body),
  ): Promise<Answered> {
    return this.send(path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    })
  }
  call(fields: Record<string, unknown> = {}): Promise<Answered> {
    return this.post('/api/call-event/v2', event(fields))
  }
  sync(fields: Record<string, unknown> = {}): Promise<Answered> {
    return this.post('/api/sync', JSON.stringify(pageEvent(fields)), { Origin: ORIGIN })
  }
}

/** The console, connected, and with what the server remembered cleared away. */
export const openConsole = async (
  context: BrowserContext,
  world: ConsoleWorld,
  url = world.url,
): Promise<Page> => {
  const page = await context.newPage()
  await page.goto(url)
  await page.getByText('Connected, live').waitFor()
  // Messages keep their order: when this one is there, all earlier ones are.
  const marker = `marker-${randomUUID()}`
  await world.call({ intent_action: marker.slice(0, 32), intent_target: marker })
  await page.locator('tr', { hasText: marker }).waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  return page
}
