import { element } from '../element.js'

/** @typedef {import('../../src/live/detail.js').Detail} Detail */
/** @typedef {Detail['steps'][number]} Step */

/** @type {Record<Step['result'], [sign: string, words: string]>} */
const RESULTS = {
  passed: ['✓', 'passed'],
  answered: ['✓', 'answered here'],
  stopped: ['✕', 'stopped here'],
  skipped: ['–', 'not needed'],
  'not reached': ['·', 'not reached'],
}

/** Lists every check in the contract's order, and marks the one that stopped the request. @param {Detail} detail */
export function checksSection({ steps }) {
  const list = element('ol', 'checks', ...steps.map(check))
  return element('section', '', element('h3', '', 'Checks, in their order'), list)
}

/** @param {Step} step */
function check({ number, name, result, note, ms }) {
  const [sign, words] = RESULTS[result]
  const mark = element('span', 'sign', sign)
  mark.setAttribute('aria-hidden', 'true')
  const made = element(
    'li',
    result.replace(' ', '-'),
    mark,
    element('span', 'number', number === undefined ? '' : `${number}`),
    element('span', 'name', name, ' ', element('span', 'result', words)),
    element('span', 'ms', ms === undefined ? '' : ms < 0.05 ? '0 ms' : `${ms.toFixed(1)} ms`),
  )
  if (note) made.append(element('span', 'note', note))
  if (result === 'stopped') made.setAttribute('aria-current', 'step')
  return made
}
