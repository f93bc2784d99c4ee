import { REFUSALS } from '@opsmantik/tracker/contract'
import {
  checkPage,
  judgeProxyAnswer,
  setupFinding,
  type PageCheck,
  type SetupFinding,
} from '@opsmantik/tracker/setup'
import type { OneResponse, ReadOnce } from './read-once.js'

export interface CheckedPage {
  findings: SetupFinding[]
  tag: PageCheck['tag']
  /** The script's file was read; null if it was not tried. */
  isScriptThere: boolean | null
  /** The proxy signs, and this server takes its signature; null if it was not tried. */
  isProxyGood: boolean | null
}

interface Site {
  id: string
  publicId: string
}

const headerOf = ({ headers }: OneResponse, name: string): string | undefined =>
  headers.find(([one]) => one === name)?.[1]
const isHtml = (answer: OneResponse): boolean =>
  /^\s*(?:text\/html|application\/xhtml)/i.test(headerOf(answer, 'content-type') ?? '')
const isRedirect = ({ status }: OneResponse): boolean => [301, 302, 303, 307, 308].includes(status)
const locationOf = (answer: OneResponse, base: string): string => {
  const location = headerOf(answer, 'location') ?? ''
  return URL.canParse(location, base) ? new URL(location, base).href : location
}

/**
 * Reads a page once, the script that it names, and asks the proxy that it names what the doctor asks: an event without a
 * fingerprint, which a proxy forwards and no server records.
 *
 * @param server base URL of this server, as the reader of the console has it
 */
export const checkPageOf = async (
  readOnce: ReadOnce,
  page: string,
  site: Site,
  server: string,
): Promise<CheckedPage> => {
  const nothing = { tag: null, isScriptThere: null, isProxyGood: null }
  const stop = (finding: SetupFinding): CheckedPage => ({ findings: [finding], ...nothing })
  const answer = await readOnce({ method: 'GET', url: page })
  if ('problem' in answer)
    return stop(setupFinding('page-unreachable', { page, problem: answer.problem }))
  if (isRedirect(answer))
    return stop(setupFinding('page-redirected', { page, location: locationOf(answer, page) }))
  if (answer.status >= 400)
    return stop(setupFinding('page-unreachable', { page, problem: `HTTP ${answer.status}` }))

  const policies = answer.headers.flatMap(([name, value]) =>
    name === 'content-security-policy' ? value.split(',') : [],
  )
  const { findings, tag } = checkPage({ url: page, html: answer.text, policies }, [
    site.id,
    site.publicId,
  ])
  const [script, proxy] = await Promise.all([
    tag === null || tag.src === '' ? null : checkScript(readOnce, tag.src, server),
    tag === null || tag.proxyUrl === ''
      ? null
      : checkProxy(readOnce, tag.proxyUrl, page, site, server),
  ])
  return {
    findings: [...findings, ...(script?.findings ?? []), ...(proxy?.findings ?? [])],
    tag,
    isScriptThere: script?.isGood ?? null,
    isProxyGood: proxy?.isGood ?? null,
  }
}

interface Part {
  findings: SetupFinding[]
  isGood: boolean | null
}

const checkScript = async (readOnce: ReadOnce, script: string, server: string): Promise<Part> => {
  const answer = await readOnce({ method: 'GET', url: script })
  const missing = (problem: string): Part => ({
    findings: [
      setupFinding('page-script-missing', {
        script,
        problem,
        suggested: `${server}/assets/core.proxy.js`,
      }),
    ],
    isGood: false,
  })
  // An address that this server may not ask says nothing about what a browser gets.
  if ('problem' in answer) return { findings: [], isGood: null }
  if (answer.status >= 400) return missing(`HTTP ${answer.status}`)
  if (answer.status === 200 && isHtml(answer)) return missing('a page of HTML answers')
  return { findings: [], isGood: true }
}

const checkProxy = async (
  readOnce: ReadOnce,
  url: string,
  page: string,
  site: Site,
  server: string,
): Promise<Part> => {
  const { origin } = new URL(page)
  const answer = await readOnce({
    method: 'POST',
    url,
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify({ site_id: site.publicId }),
  })
  const path = new URL(url).pathname
  const values = { url, path, origin, site: site.publicId, server, secret: 'OPS_SECRET' }
  if ('problem' in answer)
    return {
      findings: [setupFinding('proxy-no-answer', { ...values, problem: answer.problem })],
      isGood: false,
    }
  if (isRedirect(answer))
    return {
      findings: [
        setupFinding('proxy-redirected', { ...values, location: locationOf(answer, url) }),
      ],
      isGood: false,
    }
  const code = codeOf(answer)
  const { status } = answer
  const problem = judgeProxyAnswer({
    status,
    code,
    isHtml: isHtml(answer),
    refusesOrigin: code === 'ORIGIN_NOT_ALLOWED',
  })
  if (problem === null) return { findings: [], isGood: code === 'INVALID_BODY' }
  return {
    findings: [
      setupFinding(problem, { ...values, status: `${status}${code === null ? '' : ` ${code}`}` }),
    ],
    isGood: false,
  }
}

const codeOf = ({ text }: OneResponse): string | null => {
  try {
    const code = (JSON.parse(text) as { code?: unknown } | null)?.code
    return typeof code === 'string' && Object.hasOwn(REFUSALS, code) ? code : null
  } catch {
    return null
  }
}
