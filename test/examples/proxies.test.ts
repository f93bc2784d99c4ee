import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { freePort } from '../../demo/ports.mjs'
import { conform, type ExampleSettings } from './support/conform.js'
import { answers, run, start } from './support/run.js'

const workspace = inject('workspace')
const folder = (name: string): string => join(workspace, name)
const bin = (name: string): string => join(workspace, 'node_modules/.bin', name)

type Open = (settings: ExampleSettings) => Promise<{ url: string; stop: () => Promise<unknown> }>

/** An example that `npm start` runs, on the port that the environment names. */
const npmStart =
  (name: string): Open =>
  async (settings) => {
    const port = String(await freePort(0))
    const url = `http://127.0.0.1:${port}`
    // Deno and Bun are in the workspace's own folder of programs.
    const env = { ...settings, PORT: port }
    return { url, ...(await start('npm', ['start'], folder(name), env, answers(url))) }
  }

/**
 * Simulates a platform's front end before an application: it knows the visitor's address, and overwrites the one that
 * the visitor sent.
 */
const behindPlatform =
  (open: Open): Open =>
  async (settings) => {
    const behind = await open(settings)
    const front = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers, 'x-real-ip': incoming.socket.remoteAddress }
      const { method, url = '/' } = incoming
      const onward = ask(behind.url + url, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      onward.on('error', () => outgoing.destroy())
      incoming.pipe(onward)
    }).listen(0, '127.0.0.1')
    await once(front, 'listening')
    return {
      url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
      async stop() {
        front.close()
        front.closeAllConnections()
        await behind.stop()
      },
    }
  }

/** Cloudflare's own runtime, workerd, with what wrangler would upload. */
const worker: Open = async (settings) => {
  const port = String(await freePort(0))
  const url = `http://127.0.0.1:${port}`
  const own = folder('proxy-cloudflare')
  const args = ['src/index.js', '--bundle', '--format=esm', '--outfile=dist/worker.js']
  await run(bin('esbuild'), args, own)
  const code = `
    import { Miniflare } from 'miniflare'
    const worker = new Miniflare({ modules: true, scriptPath: 'dist/worker.js', host: '127.0.0.1',
      port: Number(process.argv[1]), compatibilityDate: '2026-01-01', bindings: JSON.parse(process.argv[2]) })
    await worker.ready
    console.log('ready')`
  const words = ['--input-type=module', '-e', code, '--', port, JSON.stringify(settings)]
  const ready = (said: string): boolean => said.includes('ready')
  return {
    url,
    ...(await start(process.execPath, words, own, {}, ready)),
  }
}

const next: Open = async (settings) => {
  await run('npm', ['run', 'build'], folder('proxy-next'))
  return behindPlatform(npmStart('proxy-next'))({ ...settings, OPS_ADDRESS_HEADER: 'x-real-ip' })
}

test.each<[string, Open]>([
  ['Hono', npmStart('proxy-hono')],
  ['Express', npmStart('proxy-express')],
  ['Fastify', npmStart('proxy-fastify')],
  ['Deno', npmStart('proxy-deno')],
  ['Bun', npmStart('proxy-bun')],
  ['a Cloudflare Worker', worker],
  ['a Next.js route handler', next],
])('the proxy in %s conforms', async (_, open) => {
  const results = await conform(open)
  expect(results.filter(({ verdict }) => verdict === 'failed' || verdict === 'broken')).toEqual([])
  expect(results.filter(({ verdict }) => verdict === 'unseen').map(({ id }) => id)).toEqual([
    'proxy.not-configured',
  ])
  expect(results.length).toBeGreaterThan(27)
})
