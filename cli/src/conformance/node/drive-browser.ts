import type { ServerResponse } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { Scenario } from '../client/client.js'
import type { Drive, Driven, Pages } from './played-server.js'

const STAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>OpsMantik conformance: client</title>
<style>body{font:16px/1.5 system-ui;margin:2rem;max-width:40rem}iframe{width:6rem;height:2rem;border:1px solid #888;margin:2px}</style>
<h1>Leave this page open and in front</h1>
<p>Each frame is a page with the tracker on it, and presses its own telephone link. The result appears in the terminal.</p>
<div id="frames"></div><p id="state" role="status">Running…</p>
<script>
const frames = document.getElementById('frames')
const events = new EventSource('/events')
events.addEventListener('open-frame', ({ data }) => {
  const { siteId, query } = JSON.parse(data)
  const frame = document.createElement('iframe')
  frame.id = 'f' + siteId
  frame.src = '/s/' + siteId + '/page' + query
  frame.title = siteId
  frames.append(frame)
})
events.addEventListener('reopen-frame', ({ data }) => document.getElementById('f' + data).src = '/s/' + data + '/page?reopened')
events.addEventListener('close-frame', ({ data }) => document.getElementById('f' + data).remove())
events.onerror = () => { events.close(); document.getElementById('state').textContent = 'Done. The result is in the terminal.' }
</script></html>`

const attributes = ({ siteId, mode, consoleUrl, proxyUrl, secret }: Scenario): string =>
  mode === 'proxy'
    ? `data-ops-site-id="${siteId}" data-ops-proxy-url="${proxyUrl}"`
    : `data-ops-site-id="${siteId}" data-ops-console-url="${consoleUrl}" data-ops-secret="${secret}"`

const page = (scenario: Scenario): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${scenario.siteId}</title>
<script src="/tracker.js" ${attributes(scenario)}></script>
${Array.from({ length: scenario.presses }, (_, i) => `<a href="tel:+9050000000${String(i).padStart(2, '0')}">Call</a>`).join('\n')}
<script>
// The press counts as soon as it has been seen; following it would only ask which program telephones.
addEventListener('click', (event) => event.preventDefault())
addEventListener('load', () => setTimeout(() => {
  if (location.search !== '?reopened') for (const link of document.links) link.click()
  else if (typeof opsmantik === 'object' && opsmantik.flush) opsmantik.flush()
}, 100))
</script></html>`

export interface BrowserDriver {
  drive: Drive
  pages: Pages
  /** Resolves when somebody has opened the stage. */
  opened: Promise<void>
}

/**
 * Drives a tracker in whatever browser opens the stage at `/`.
 *
 * @param file the tracker's script
 */
export const driveBrowser = async (file: string): Promise<BrowserDriver> => {
  const script = await readFile(file)
  const scenarios = new Map<string, Scenario>()
  let stage: ServerResponse | undefined
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  const tell = (event: string, id: string): void =>
    void stage?.write(`event: ${event}\ndata: ${id}\n\n`)

  return {
    opened,
    drive: Object.assign(
      async (scenario: Scenario): Promise<Driven> => {
        const { siteId, query } = scenario
        scenarios.set(siteId, scenario)
        tell('open-frame', JSON.stringify({ siteId, query }))
        return {
          reopen: async () => tell('reopen-frame', siteId),
          stop: async () => tell('close-frame', siteId),
        }
      },
      { canReopen: true },
    ),
    pages(request, response) {
      const path = request.url ?? ''
      const send = (type: string, body: string | Buffer): boolean => {
        response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body)
        return true
      }
      const scenario = scenarios.get(/^\/s\/([\da-f]+)\/page(?:\?|$)/.exec(path)?.[1] ?? '')
      if (path === '/') return send('text/html; charset=utf-8', STAGE)
      if (path === '/tracker.js') return send('text/javascript; charset=utf-8', script)
      if (scenario) return send('text/html; charset=utf-8', page(scenario))
      if (path !== '/events') return false
      stage = response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      stage.write(':\n\n')
      open()
      return true
    },
  }
}
