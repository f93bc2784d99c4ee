import { isMixedContent, isRedirect } from '../probe/browser.js'
import { isTlsFailure, networkSymptom, tlsSymptoms } from './network.js'
import { lookAtConsole } from './console.js'
import type { Observation } from '../../probe/node/observe.js'
import { judgeProxy, lookAtProxy, type ProxyLook } from './proxy.js'
import { judgePage, lookAtPage } from './page.js'
import { redirectedBase, redirectSymptom } from './redirect.js'
import { healthOf, preflightOf } from '../probe/requests.js'
import type { Obstacle } from '../../conformance/server/find-obstacle.js'
import { lookForObstacle } from '../probe/obstacle.js'
import type { Run } from '../probe/run.js'
import { good, symptom } from './symptom.js'
import type { Symptom } from '../types.js'
import { CALL_EVENT_V1, HEALTH } from '@opsmantik/tracker/contract'

const MAX_HOPS = 3

/** The findings of an examination. */
export interface Examination {
  symptoms: Symptom[]
  obstacle: Obstacle | null
}

/** Everything, in three rounds: is anybody there; what do all endpoints say; and, where that is a no, what instead. */
export const examine = async (run: Run): Promise<Examination> => {
  const { proxyUrl } = run.settings
  const proxyAsked = proxyUrl === null ? null : lookAtProxy(run, proxyUrl)
  const pageAsked = lookAtPage(run)
  const { health, symptoms, isReached } = await reach(run)
  // After redirects of the address, which are a finding of their own.
  const obstacleAsked = lookForObstacle(run)
  if (!isReached)
    return {
      symptoms: [...symptoms, ...(await proxyAlone(run, proxyAsked))],
      obstacle: await obstacleAsked,
    }
  const console = await lookAtConsole(run, health)
  const proxy =
    proxyAsked === null || proxyUrl === null
      ? []
      : await judgeProxy(await proxyAsked, {
          run,
          url: proxyUrl,
          secretIsGood: console.secretIsGood,
          isSigningOff: console.isSigningOff,
        })
  const drift = proxyAsked === null ? [] : [(await proxyAsked).drift]
  const all = [...symptoms, ...console.symptoms, ...proxy, ...console.clock(drift)]
  return { symptoms: await judgePage(await pageAsked, run, all), obstacle: await obstacleAsked }
}

const proxyAlone = async (run: Run, asked: Promise<ProxyLook> | null): Promise<Symptom[]> => {
  const { proxyUrl } = run.settings
  if (asked === null || proxyUrl === null) return []
  return judgeProxy(await asked, { run, url: proxyUrl, secretIsGood: null, isSigningOff: false })
}

interface Reached {
  health: Observation
  symptoms: Symptom[]
  isReached: boolean
}

/** Name, connection, TLS, and redirects of the address itself, which are followed by a new base. */
const reach = async (run: Run): Promise<Reached> => {
  const { origin, ca, now } = run.settings
  const symptoms: Symptom[] = []
  for (let hop = 0; ; hop++) {
    const health = await run.send(healthOf(run.base))
    if (hop === 0 && isMixedContent(origin, run.base))
      symptoms.push(
        symptom(
          health,
          'error',
          'console-mixed-content',
          'The page is on https and the console on http: browsers block that before it leaves',
          {
            whose: 'customer page',
            fix: `data-ops-console-url="${run.base.replace(/^http:/, 'https:')}"   # on the page’s script tag`,
          },
        ),
      )
    if (isTlsFailure(health)) {
      symptoms.push(...(await tlsSymptoms(health, ca, now(), run.left())))
      return { health, symptoms, isReached: false }
    }
    // A health that hangs or breaks off may be its own trouble: the other endpoints are asked.
    const isConnected = health.failure === null || /^(answer|body)$/.test(health.failure.phase)
    if (!isConnected || /^(HPE_|ECONNREFUSED)/.test(health.failure?.code ?? '')) {
      symptoms.push(networkSymptom(health))
      return { health, symptoms, isReached: false }
    }
    const next = isRedirect(health) ? redirectedBase(health, HEALTH) : null
    const preflight =
      next === null || hop === MAX_HOPS
        ? null
        : await run.send(preflightOf(run.base + CALL_EVENT_V1, origin))
    // Only where events are redirected as well has the page the wrong address.
    if (next === null || preflight === null || !isRedirect(preflight)) {
      if (health.failure === null)
        symptoms.push(
          good(
            'reachable',
            `${run.base} can be reached`,
            `${health.answeredAt - health.sentAt} ms`,
          ),
        )
      return { health, symptoms, isReached: true }
    }
    symptoms.push(redirectSymptom(preflight, CALL_EVENT_V1, 'data-ops-console-url'))
    run.base = next
  }
}
