import type { SetupFindingId } from './findings.js'

/** A proxy's answer to an event without a fingerprint, which it forwards and no server records. */
export interface ProxyAnswer {
  status: number
  /** The contract's code; null if there is none. */
  code: string | null
  isHtml: boolean
  /** The answer refuses the page's origin, in the contract's words or its own. */
  refusesOrigin: boolean
}

/** What an answer can say of the proxy, its secret, its clock and of what is behind it. */
export type ProxyProblem = Exclude<
  Extract<SetupFindingId, `proxy-${string}`>,
  'proxy-no-answer' | 'proxy-redirected'
>

/** Returns what is wrong with the proxy; null if its answer is the server's own. */
export const judgeProxyAnswer = ({
  status,
  code,
  isHtml,
  refusesOrigin,
}: ProxyAnswer): ProxyProblem | null => {
  const isNoRoute = status === 404 || status === 405
  if (isHtml || (code === null && isNoRoute)) {
    if (status === 401 || status === 403 || status === 503) return 'proxy-blocked'
    return isNoRoute ? 'proxy-missing' : 'proxy-html'
  }
  if (code === 'PROXY_NOT_CONFIGURED') return 'proxy-not-configured'
  if (code === 'UPSTREAM_TIMEOUT' || status === 504) return 'proxy-upstream-timeout'
  if (code === 'UPSTREAM_UNREACHABLE' || status === 502) return 'proxy-upstream-unreachable'
  if (refusesOrigin) return 'proxy-refuses-own-origin'
  if (code === 'INVALID_SITE_ID') return 'proxy-other-site'
  if (code === 'SIGNATURE_TIMESTAMP_INVALID') return 'proxy-clock-wrong'
  if (code === 'SIGNATURE_REQUIRED') return 'proxy-does-not-sign'
  if (code === 'SIGNATURE_INVALID') return 'proxy-signature-refused'
  if (status >= 500) return 'proxy-fails'
  if (status === 403 && code === null) return 'proxy-blocked'
  if (status >= 200 && status < 300) return 'proxy-swallows'
  return code === 'INVALID_BODY' || status === 429 ? null : 'proxy-unexpected-answer'
}
