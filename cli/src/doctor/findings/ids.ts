/** Why no response comes from an address. */
export const NETWORK_IDS = [
  'answer-never-ends',
  'connect-failed',
  'connect-refused',
  'connect-timeout',
  'connection-cut',
  'dns-no-such-name',
  'dns-not-answering',
  'no-answer',
  'not-http',
] as const

/** What is wrong with the TLS of an address. */
export const TLS_IDS = [
  'tls-expired',
  'tls-handshake-failed',
  'tls-not-trusted',
  'tls-not-yet-valid',
  'tls-self-signed',
  'tls-wrong-name',
] as const

/** Where an address redirects to. */
export const REDIRECT_IDS = [
  'redirect-elsewhere',
  'redirect-http-to-https',
  'redirect-other-host',
  'redirect-trailing-slash',
] as const

/** Those that the server's address and the proxy's can both have: the proxy's are set apart by `proxy-`. */
const ADDRESS_IDS = [...NETWORK_IDS, ...TLS_IDS, ...REDIRECT_IDS] as const

/**
 * The ids of all findings. They are permanent: runbooks and alerts name them. A test fails if one has no test, and
 * another if one is in no runbook.
 */
export const FINDING_IDS = [
  ...ADDRESS_IDS,
  ...ADDRESS_IDS.map((id) => `proxy-${id}` as const),
  // The server
  'blocked-by-firewall',
  'clock-differs',
  'database-unavailable',
  'endpoint-missing',
  'health-cached',
  'health-failing',
  'health-no-answer',
  'health-not-ours',
  'health-warnings',
  'html-answer',
  'limiter-degraded',
  'method-not-allowed',
  'needs-login',
  'rate-limited',
  'server-error',
  'tls-ends-soon',
  'unexpected-answer',
  // The list of origins, and what browsers want
  'console-mixed-content',
  'cors-allow-credentials',
  'cors-answers-another-origin',
  'cors-answers-fixed-origin',
  'cors-header-doubled',
  'cors-headers-missing',
  'cors-list-malformed',
  'cors-max-age-missing',
  'cors-methods-incomplete',
  'cors-on-refusal',
  'cors-origin-list-sent',
  'cors-origin-misspelt',
  'cors-request-headers-missing',
  'expose-headers-missing',
  'foreign-origin-not-refused',
  'origin-header-rewritten',
  'origin-header-stripped',
  'origin-list-ending',
  'origin-lists-differ',
  'origin-match-too-loose',
  'origin-not-listed',
  'origin-reflected',
  'origin-wildcard',
  'page-on-another-origin',
  'page-policy-forbids',
  'preflight-blocked',
  'preflight-needs-login',
  'preflight-refused-with-cors-headers',
  'v2-needs-origin',
  'v2-open-to-everybody',
  'vary-origin-missing',
  // Signatures
  'body-rewritten',
  'clock-refuses-signature',
  'invalid-body-accepted',
  'secret-has-extra-characters',
  'secret-not-proven',
  'secret-wrong',
  'signature-headers-stripped',
  'signature-not-verified',
  'signed-unexpected-answer',
  'signing-disabled',
  // The live feed
  'live-closed',
  'live-closed-1008',
  'live-closed-1013',
  'live-connection-cut',
  'live-dropped',
  'live-handshake-invalid',
  'live-lists-differ',
  'live-missing',
  'live-no-answer',
  'live-open-without-token',
  'live-origin-not-enforced',
  'live-origin-refused',
  'live-redirected',
  'live-token-wrong',
  'live-unexpected-answer',
  'live-upgrade-refused',
  'live-upgrade-stripped',
  // The customer's proxy
  'proxy-blocked',
  'proxy-clock-wrong',
  'proxy-does-not-sign',
  'proxy-fails',
  'proxy-html',
  'proxy-missing',
  'proxy-mixed-content',
  'proxy-not-configured',
  'proxy-not-same-origin',
  'proxy-other-site',
  'proxy-rate-limited',
  'proxy-refused-while-signing-off',
  'proxy-refuses-own-origin',
  'proxy-reserialises',
  'proxy-signature-refused',
  'proxy-swallows',
  'proxy-takes-foreign-origins',
  'proxy-unexpected-answer',
  'proxy-upstream-timeout',
  'proxy-upstream-unreachable',
  // What is good
  'clock-good',
  'health-good',
  'live-good',
  'live-off',
  'posts-good',
  'preflights-good',
  'proxy-good',
  'reachable',
  'secret-good',
  'secret-not-checked',
  'strangers-refused',
] as const

export type FindingId = (typeof FINDING_IDS)[number]
export type NetworkId = (typeof NETWORK_IDS)[number]
export type TlsId = (typeof TLS_IDS)[number]
export type RedirectId = (typeof REDIRECT_IDS)[number]
