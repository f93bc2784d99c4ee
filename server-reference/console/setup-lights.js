/** @typedef {'ok' | 'problem' | 'waiting' | 'unused'} State */
/** @typedef {'script' | 'origin' | 'proxy' | 'press'} Light */
/** @typedef {{ id: string, light: Light, values: Record<string, string> }} Finding */
/** @typedef {{ state: State, at: number | null, code: string | null }} ServerLight */
/** @typedef {{ kind: string, code: string | null, at: number, origin: string | null, hint: string | null }} Seen */
/** @typedef {{ site_id: string, public_id: string, origins: string[], origin_allowed: boolean | null, lights: { script: ServerLight, origin: ServerLight & { origin: string | null }, proxy: ServerLight & { host: string | null }, press: ServerLight }, seen: Seen[] }} Setup */
/** @typedef {{ at: number, page: string, origin: string, findings: Finding[], tag: { src: string, proxy_url: string, waits_for_consent: boolean } | null, is_script_there: boolean | null, is_proxy_good: boolean | null }} Check */
/** @typedef {import('./language.js').Text} Text */
/** @typedef {{ light: Light, state: State, at: number | null, said: Text, about: string, findings: Finding[], hint: string | null }} Shown */

/** The finding about the proxy, by the code of a refusal. @type {Record<string, string>} */
const PROXY_CODES = {
  SIGNATURE_REQUIRED: 'proxy-does-not-sign',
  SIGNATURE_INVALID: 'proxy-signature-refused',
  SIGNATURE_TIMESTAMP_INVALID: 'proxy-clock-wrong',
  SITE_MISMATCH: 'proxy-other-site',
  INVALID_SITE_ID: 'proxy-other-site',
}
/** The server's answer to what "Check my page" sends through a proxy; no tracker sends such an event. */
const OWN_QUESTION = 'INVALID_BODY'
/** The host of a proxy that names none, or one with a port. */
const NO_HOST = 'unknown'
/** They are certain only while no event of the page arrives: a bundler puts the tracker in without a tag. */
const TAG_ABSENT = ['page-tag-missing', 'page-tag-in-manager', 'page-tag-merged']

/**
 * Decides the four lights of a site from what the server has seen and from the last check of its page.
 *
 * @param {Setup} setup
 * @param {Check | null} check
 * @param {{ server: string, origin: string | null }} options origin: of the page that is asked about
 * @returns {Shown[]}
 */
export function decideLights(setup, check, { server, origin }) {
  const { lights } = setup
  // The check's own question to the proxy is an event that is refused for its body. It speaks for the signature alone.
  const seen = setup.seen.filter(({ kind, code }) => !(kind === 'refused' && code === OWN_QUESTION))
  const site = setup.public_id
  const lastEvent = Math.max(
    0,
    ...seen.filter(({ kind }) => kind === 'press' || kind === 'page_view').map(({ at }) => at),
    lights.press.state === 'ok' ? (lights.press.at ?? 0) : 0,
  )
  const of = (/** @type {Light} */ light) =>
    (check?.findings ?? []).filter(
      (one) =>
        one.light === light &&
        // A fault that was fixed since the check is no problem any more.
        !(check && lastEvent > check.at && (light === 'script' || light === 'proxy')) &&
        !(TAG_ABSENT.includes(one.id) && lastEvent > 0),
    )
  const hintOf = (/** @type {string | null} */ code) =>
    code === null ? null : (seen.find((one) => one.code === code)?.hint ?? null)
  /** @type {(light: Light, state: State, said: Text, more?: Partial<Shown>) => Shown} */
  const shown = (light, state, said, more) => ({
    light,
    state,
    at: null,
    said,
    about: '',
    findings: [],
    hint: null,
    ...more,
  })

  const script = () => {
    const findings = of('script')
    if (findings.length > 0) return shown('script', 'problem', 'scriptProblem', { findings })
    const loaded = seen[0]?.at ?? lights.press.at
    if (lights.script.state === 'ok' && (seen.length > 0 || lights.press.state === 'ok'))
      return shown('script', 'ok', 'scriptOk', { at: loaded })
    if (!check?.tag) return shown('script', 'waiting', 'scriptWaiting')
    // A script of the site's own is loaded from there, and the server sees nothing of it.
    const isOwn = check.tag.src !== '' && new URL(check.tag.src).origin !== server
    return isOwn && check.is_script_there
      ? shown('script', 'ok', 'scriptFound', { at: check.at })
      : shown('script', 'waiting', 'scriptNotLoaded')
  }
  /** @param {string | null} allowed null: a press has arrived, and its origin was not kept */
  const originOk = (allowed) =>
    allowed
      ? shown('origin', 'ok', 'originOk', { about: allowed })
      : shown('origin', 'ok', 'originAllowed')
  const listed = () => {
    const refused = lights.origin.state === 'problem' ? lights.origin.origin : null
    const asked = origin ?? refused
    if (check?.is_proxy_good && check.origin === origin)
      return shown('origin', 'ok', 'originProxy', { about: origin ?? '' })
    if (setup.origin_allowed === true) return originOk(asked)
    if (
      asked !== null &&
      (refused !== null || (setup.origin_allowed === false && !check?.tag?.proxy_url))
    )
      return shown('origin', 'problem', 'originProblem', {
        about: asked,
        findings: [
          { id: 'origin-not-listed', light: 'origin', values: { origin: refused ?? asked, site } },
        ],
        hint: hintOf('ORIGIN_NOT_ALLOWED'),
      })
    if (lights.origin.state === 'ok') return originOk(lights.origin.origin)
    return shown('origin', 'waiting', 'originWaiting')
  }
  const proxy = () => {
    const findings = of('proxy')
    if (findings.length > 0) return shown('proxy', 'problem', 'proxyProblem', { findings })
    const { state, at, code, host } = lights.proxy
    if (state === 'problem' && !(check?.is_proxy_good && check.at > (at ?? 0)))
      return shown('proxy', 'problem', 'proxyProblem', {
        findings: [
          {
            id: PROXY_CODES[code ?? ''] ?? 'proxy-unexpected-answer',
            light: 'proxy',
            values: { site, secret: 'OPS_SECRET', status: code ?? '' },
          },
        ],
        about: host ?? '',
      })
    if (state === 'unused') return shown('proxy', 'unused', 'proxyUnused')
    if (state === 'ok')
      return shown('proxy', 'ok', 'proxyOk', { at, about: host === NO_HOST ? '' : (host ?? '') })
    return check?.is_proxy_good
      ? shown('proxy', 'ok', 'proxyOk', { at: check.at })
      : shown('proxy', 'waiting', 'proxyWaiting')
  }
  const press = () => {
    const { state, at, code } = lights.press
    if (state === 'ok') return shown('press', 'ok', 'pressOk', { at })
    if (state === 'problem' && code !== OWN_QUESTION)
      return shown('press', 'problem', 'pressProblem', { about: code ?? '', hint: hintOf(code) })
    /** @type {Finding[]} */
    const possible = [
      ...of('press'),
      ...['ad-blocker', 'visitor-ignored'].map((id) => ({
        id,
        light: /** @type {const} */ ('press'),
        values: {},
      })),
    ]
    return shown('press', 'waiting', 'pressWaiting', { findings: possible })
  }
  return [script(), listed(), proxy(), press()]
}
