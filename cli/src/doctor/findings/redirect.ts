import { headerOf, type Observation } from '../../probe/node/observe.js'
import { symptom } from './symptom.js'
import type { RedirectId } from './ids.js'
import type { Symptom } from '../types.js'

const resolve = (answer: Observation): URL | null => {
  const location = headerOf(answer, 'Location')
  return location !== null && URL.canParse(location, answer.sending.url)
    ? new URL(location, answer.sending.url)
    : null
}

/** The base that a redirect of base + path leads to, where only the base differs; else null. */
export const redirectedBase = (answer: Observation, path: string): string | null => {
  const target = resolve(answer)
  if (target === null || !/^https?:$/.test(target.protocol)) return null
  const there = target.pathname.replace(/\/$/, '')
  if (!there.endsWith(path)) return null
  const base = target.origin + there.slice(0, -path.length)
  return answer.sending.url === base + path ? null : base
}

/**
 * A redirect as the tracker meets it. A preflight must not be redirected at all (Fetch, 4.8), 301 and 302 make a GET of
 * a POST, and across origins the browser says `Origin: null` from then on.
 *
 * @param attribute what names this address on the page
 */
export const redirectSymptom = (
  answer: Observation,
  path: string,
  attribute: string,
  prefix: 'proxy-' | '' = '',
): Symptom => {
  const target = resolve(answer)
  const from = new URL(answer.sending.url)
  const to = target === null ? 'nowhere (no Location that could be read)' : target.href
  const make = (id: RedirectId, title: string, whose: Symptom['whose'], fix: string): Symptom =>
    symptom(answer, 'error', `${prefix}${id}`, title, {
      ...(whose === undefined
        ? {}
        : { whose: prefix === '' || whose === 'customer page' ? whose : 'proxy' }),
      fix,
    })
  const why = 'browsers refuse a redirected preflight, and the tracker a redirected event'
  if (target !== null && target.origin === from.origin) {
    const isSlash = target.pathname.replace(/\/$/, '') === from.pathname.replace(/\/$/, '')
    if (isSlash && prefix !== '')
      return make(
        'redirect-trailing-slash',
        `The address is redirected to the same one ${target.pathname.endsWith('/') ? 'with' : 'without'} a slash at its end: ${why}`,
        'customer page',
        `${attribute}="${to}"`,
      )
    if (isSlash)
      return make(
        'redirect-trailing-slash',
        `The path is redirected to itself ${target.pathname.endsWith('/') ? 'with' : 'without'} a slash at its end: ${why}`,
        'gateway',
        'trailingSlash: false   # Next.js: skipTrailingSlashRedirect: true; nginx: no rewrite ^(.*[^/])$ $1/ on /api/*',
      )
  }
  const base = redirectedBase(answer, path)
  if (target !== null && base !== null) {
    const isScheme = target.hostname === from.hostname && from.protocol === 'http:'
    const fix = prefix === '' ? `${attribute}="${base}"` : `${attribute}="${to}"`
    return isScheme && target.protocol === 'https:'
      ? make(
          'redirect-http-to-https',
          `http is redirected to https: ${why}`,
          'customer page',
          `${fix}   # on the page's script tag: https from the start`,
        )
      : make(
          'redirect-other-host',
          `${from.origin} is redirected to ${target.origin}: ${why}`,
          'customer page',
          `${fix}   # on the page's script tag: the address at the end of the redirect`,
        )
  }
  return make(
    'redirect-elsewhere',
    `The request is redirected to ${to}, a login or another page: ${why}`,
    'gateway',
    'No login and no redirect on /api/*: exempt that path where the redirect is made',
  )
}
