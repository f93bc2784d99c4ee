import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { options } from '../../bench/delivery/engines/chromium.mjs'

/** Chromium without Playwright, which attaches to every page, and one that is attached to is never prerendered. */
export interface PlainChromium {
  /** Opens a page, in which expressions can then be evaluated. */
  open(url: string): Promise<void>
  /** Evaluates an expression in the page that shows this address now. */
  run<T>(url: string, expression: string): Promise<T>
  close(): Promise<void>
}

interface Target {
  targetId: string
  type: string
  url: string
}

export const startPlainChromium = async (): Promise<PlainChromium> => {
  const profile = mkdtempSync(join(tmpdir(), 'opsmantik-chromium-'))
  const browser = spawn(
    options.executablePath ?? '',
    [
      ...(options.args ?? []),
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise((resolve) => browser.once('exit', resolve))
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    browser.stderr.on('data', (text) => {
      said += String(text)
      const found = /ws:\/\/\S+/.exec(said)
      if (found) resolve(found[0])
    })
    void ended.then(() => reject(new Error(`Chromium ended: ${said}`)))
  })
  const socket = new WebSocket(address)
  await new Promise((resolve) => socket.once('open', resolve))
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (e: Error) => void }>()
  socket.on('message', (text) => {
    const { id, result, error } = JSON.parse(String(text)) as {
      id?: number
      result: never
      error?: { message: string }
    }
    const one = waiting.get(id ?? -1)
    if (error) one?.reject(new Error(error.message))
    else one?.resolve(result)
  })
  let last = 0
  const send = <T>(method: string, params: object = {}, sessionId?: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, { resolve: resolve as (value: never) => void, reject })
      socket.send(JSON.stringify({ id, method, params, sessionId }))
    })
  return {
    open: async (url) => void (await send('Target.createTarget', { url })),
    async run(url, expression) {
      const { targetInfos } = await send<{ targetInfos: Target[] }>('Target.getTargets')
      const target = targetInfos.find((one) => one.type === 'page' && one.url === url)
      if (!target) throw new Error(`no page shows ${url}`)
      const { targetId } = target
      const { sessionId } = await send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      })
      const { result } = await send<{ result: { value: never } }>(
        'Runtime.evaluate',
        { expression, returnByValue: true, awaitPromise: true },
        sessionId,
      )
      await send('Target.detachFromTarget', { sessionId })
      return result.value
    },
    async close() {
      browser.kill()
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
