import { SECRET_MIN_LENGTH, SITE_ID } from '@opsmantik/tracker/contract'
import type { DoctorOptions } from '../types.js'

/** The options, read once. */
export interface DoctorSettings {
  /** Without a slash at its end. */
  base: string
  origin: string
  oldOrigins: string[]
  proxyUrl: string | null
  siteId: string | null
  secret: string | null
  /** How the secret is called in lines for a shell. */
  secretName: string
  liveToken: string | null
  liveTokenName: string
  ca: string | undefined
  now: () => number
}

const quote = (text: string): string => JSON.stringify(text)

const parse = (text: string): URL | null => {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

const isHttp = (url: URL | null): url is URL =>
  url !== null && /^https?:$/.test(url.protocol) && url.hostname !== ''

const guess = (text: string): string => {
  const url = parse('https://' + text.replace(/^(https?:\/*|\/+)/i, ''))
  return url !== null && /[.:]|^localhost$/.test(url.host)
    ? `; did you mean ${quote(url.origin)}?`
    : ''
}

const readBase = (text: string, problems: string[]): string => {
  const url = parse(text)
  if (!isHttp(url)) {
    problems.push(
      `console URL: ${quote(text)} is not an http(s) URL such as "https://console.example.com"${/^https?:/i.test(text) ? '' : guess(text)}`,
    )
    return text
  }
  const meant = url.pathname.replace(/\/+$/, '').replace(/\/api(\/.*)?$/, '')
  if (url.username || url.password || url.search || url.hash)
    problems.push(
      `console URL: it has a user name, a query or a fragment; expected the base alone, such as ${quote(url.origin + meant)}`,
    )
  return url.origin + meant
}

const readOrigin = (name: string, text: string, problems: string[]): string => {
  const url = parse(text)
  if (!isHttp(url) || !/^https?:\/\//i.test(text)) {
    problems.push(
      `${name}: ${quote(text)} is not an origin such as "https://www.customer.com"${/^(\*|null)?$/.test(text) ? '' : guess(text)}`,
    )
    return text
  }
  if (!/^[^/?#@\\\s]+:\/\/[^/?#@\\\s]+\/?$/.test(text))
    problems.push(
      `${name}: ${quote(text)} is more than an origin (scheme, host and port); did you mean ${quote(url.origin)}?`,
    )
  return url.origin
}

const readProxy = (text: string, origin: string, problems: string[]): string => {
  const base = parse(origin)
  const url = base === null ? parse(text) : URL.canParse(text, base) ? new URL(text, base) : null
  if (!isHttp(url) || url.username || url.password) {
    problems.push(
      `--proxy-url: ${quote(text)} is not an http(s) URL such as "https://www.customer.com/ops/call-event"`,
    )
    return text
  }
  url.hash = ''
  return url.href
}

const readVariable = (
  flag: string,
  name: string | undefined,
  env: Record<string, string | undefined>,
  problems: string[],
): string | null => {
  if (name === undefined) return null
  // Somebody who pastes the secret itself must not see it in the terminal, nor in the log of a job.
  if (!/^[A-Za-z_][A-Za-z\d_]*$/.test(name)) {
    problems.push(
      `${flag}: expected the name of an environment variable, such as OPSMANTIK_SECRET (what was given is no such name and is not shown)`,
    )
    return null
  }
  const value = env[name]
  if (value === undefined || value === '') {
    // What looks like a name may yet be a secret.
    problems.push(
      /^[A-Z][A-Z\d_]{0,63}$/.test(name)
        ? `${flag}: the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`
        : `${flag}: there is no environment variable of the given name (not shown: it may be the secret itself)`,
    )
    return null
  }
  return value
}

/** Reads the options. With problems, the settings are not to be used. */
export const readSettings = (
  options: DoctorOptions,
): { settings: DoctorSettings; problems: string[] } => {
  const problems: string[] = []
  const base = readBase(options.consoleUrl ?? '', problems)
  const origin = readOrigin('--origin', options.origin ?? '', problems)
  const env = options.env ?? process.env
  const secret = readVariable('--secret-env', options.secretEnv, env, problems)
  const siteId = options.siteId ?? null
  if (siteId !== null && !SITE_ID.test(siteId))
    problems.push(`--site-id: ${quote(siteId)} is neither a UUID nor 32 hex digits`)
  if (options.secretEnv !== undefined && siteId === null)
    problems.push('--secret-env needs --site-id: a signature names its site')
  if (secret !== null && secret.length < SECRET_MIN_LENGTH)
    problems.push(
      `--secret-env: the secret in ${options.secretEnv} has ${secret.length} characters; a site's secret has at least ${SECRET_MIN_LENGTH}`,
    )
  return {
    problems,
    settings: {
      base,
      origin,
      oldOrigins: (options.oldOrigins ?? []).map((old) =>
        readOrigin('--old-origin', old, problems),
      ),
      proxyUrl:
        options.proxyUrl === undefined ? null : readProxy(options.proxyUrl, origin, problems),
      siteId,
      secret,
      secretName: options.secretEnv ?? 'OPSMANTIK_SECRET',
      liveToken: readVariable('--live-token-env', options.liveTokenEnv, env, problems),
      liveTokenName: options.liveTokenEnv ?? 'LIVE_TOKEN',
      ca: options.ca,
      now: options.now ?? Date.now,
    },
  }
}
