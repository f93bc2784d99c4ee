import { copyButton } from './copy.js'
import { element } from './element.js'
import { copyTexts, text, time } from './language.js'

/** @typedef {import('./setup-lights.js').Shown} Shown */
/** @typedef {import('./setup-lights.js').Finding} Finding */
/** @typedef {{ title: string, fix: string, whose: string }} Sentence */

/** @type {Record<Shown['light'], import('./language.js').Text>} */
const NAMES = {
  script: 'lightScript',
  origin: 'lightOrigin',
  proxy: 'lightProxy',
  press: 'lightPress',
}
/** @type {Record<Shown['state'], import('./language.js').Text>} */
const STATES = {
  ok: 'stateOk',
  problem: 'stateProblem',
  waiting: 'stateWaiting',
  unused: 'stateUnused',
}

/**
 * Shows the lights. A light that has not changed is left alone, so that a reader's place and an open part stay.
 *
 * @param {HTMLElement} list
 * @param {Shown[]} lights
 * @param {(finding: Finding) => Sentence} say
 */
export function showLights(list, lights, say) {
  for (const [index, light] of lights.entries()) {
    const key = JSON.stringify(light)
    const old = /** @type {HTMLElement | undefined} */ (list.children[index])
    if (old?.dataset.key === key) continue
    const made = item(light, say)
    made.dataset.key = key
    if (old) old.replaceWith(made)
    else list.append(made)
  }
}

/** @param {Shown} light @param {(finding: Finding) => Sentence} say */
function item({ light, state, at, said, about, findings, hint }, say) {
  const made = element(
    'li',
    `light ${state}`,
    element('h3', '', text(NAMES[light]), ' ', element('span', 'state', text(STATES[state]))),
    element('p', '', text(said, about || (at === null ? '' : time(at)))),
  )
  made.dataset.light = light
  if (state === 'problem') {
    made.append(...findings.map((one) => finding(one, say)))
    if (hint) made.append(element('p', 'note', hint))
  } else if (findings.length > 0) {
    const possible = element(
      'details',
      '',
      element('summary', '', text('possibleCauses')),
      ...findings.map((one) => finding(one, say)),
    )
    made.append(possible)
  }
  return made
}

/** @param {Finding} one @param {(finding: Finding) => Sentence} say */
function finding(one, say) {
  const { title, fix, whose } = say(one)
  const made = element(
    'div',
    'finding',
    element('p', 'title', title),
    element('p', 'whose', `${text('whose')}: ${whose}`),
    element(
      'div',
      'snippet',
      element('pre', '', element('code', '', fix)),
      copyButton(text('copy'), () => fix, copyTexts()),
    ),
  )
  made.dataset.finding = one.id
  return made
}
