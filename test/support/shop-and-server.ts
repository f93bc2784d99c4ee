import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../demo/ports.mjs'
import { startServer } from '../../demo/server.mjs'
import { startShop } from '../../demo/shop.mjs'
import { readRows, type Row } from './rows.js'

type Shop = Awaited<ReturnType<typeof startShop>>

/** A recorded call as `GET /api/calls` returns it, as far as the tests look at it. */
export interface ShownCall {
  visitor: string
  action: string
  target: string
}

/** Runs the demo's three shops and its server, with a separate database in a temporary folder. */
export class ShopAndServer {
  readonly siteId = randomBytes(16).toString('hex')
  readonly secret = randomBytes(24).toString('base64url')
  readonly #token = randomBytes(24).toString('base64url')
  shops!: Record<'proxy' | 'signed' | 'noop', Shop>
  #port = 0
  #folder = ''
  #server: Awaited<ReturnType<typeof startServer>> | undefined

  get consoleUrl(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'opsmantik-'))
    this.#port = await freePort(0)
    const shop = (mode: 'proxy' | 'signed' | 'noop'): Promise<Shop> =>
      startShop({
        mode,
        port: 0,
        siteId: this.siteId,
        secret: this.secret,
        consoleUrl: this.consoleUrl,
      })
    this.shops = {
      proxy: await shop('proxy'),
      signed: await shop('signed'),
      noop: await shop('noop'),
    }
    await this.startServer()
  }

  async startServer(): Promise<void> {
    this.#server = await startServer({
      port: this.#port,
      siteId: this.siteId,
      secret: this.secret,
      origins: Object.values(this.shops).map(({ url }) => new URL(url).origin),
      dataDir: join(this.#folder, 'data'),
      // One visitor of these tests presses more often than a hundred people.
      variables: {
        RATE_LIMIT_V1: '6000',
        RATE_LIMIT_V2: '6000',
        RATE_LIMIT_COARSE: '6000',
        LIVE_TOKEN: this.#token,
      },
    })
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  /** Returns the recorded calls, oldest first. Those of a headless browser are marked as a bot's. */
  async calls(): Promise<ShownCall[]> {
    const query = `site=${this.siteId}&marked=true&limit=500`
    const response = await fetch(`${this.consoleUrl}/api/calls?${query}`, {
      headers: { Authorization: `Bearer ${this.#token}` },
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
    return ((await response.json()) as { calls: ShownCall[] }).calls.toReversed()
  }

  /** Stops the server and reads what it has recorded from its database. */
  async stopAndReadRows(): Promise<Row[]> {
    await this.stopServer()
    return readRows(join(this.#folder, 'data', 'postgres'))
  }

  async stop(): Promise<void> {
    await Promise.all([this.stopServer(), ...Object.values(this.shops).map((shop) => shop.close())])
    await rm(this.#folder, { recursive: true, force: true })
  }
}
