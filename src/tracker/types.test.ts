import { expect, test } from 'vitest'
import { createTracker, type Options, type Outcome, type Reason, type Tracker } from '../index.js'

const siteId = '0123456789abcdef0123456789abcdef'

/** Never runs: the compiler is the test (`npm run types`). An unused `@ts-expect-error` is an error. */
export const mustNotCompile = (tracker: Tracker, outcome: Outcome): void => {
  // @ts-expect-error -- a site is required
  createTracker({})
  // @ts-expect-error -- an option that does not exist
  createTracker({ siteId, proxy: '/ops' })
  // @ts-expect-error -- consent is required, or not asked for
  createTracker({ siteId, consent: 'optional' })
  // @ts-expect-error -- a flag, not a word
  createTracker({ siteId, debug: 'yes' })
  // @ts-expect-error -- an intent has a name
  tracker.intent()
  // @ts-expect-error -- a field that is not on the wire
  tracker.intent('booking', 'room', { price: 120 })
  // @ts-expect-error -- yes or no
  tracker.consent('yes')
  // @ts-expect-error -- yes or no
  tracker.ignore('yes')
  // @ts-expect-error -- it is told, not set
  tracker.mode = 'noop'
  // @ts-expect-error -- no such outcome
  void (outcome.status === 'sent')
  // @ts-expect-error -- the list of reasons is closed
  void (outcome.reason === 'because')
}

/** Returns a sentence for every reason: a new reason does not compile until it has one. */
export const meaning = (reason: Reason): string => {
  switch (reason) {
    case 'busy':
      return 'waits for its turn'
    case 'consent':
      return 'waits in memory for consent'
    case 'expired':
    case 'full':
      return 'the outbox is bounded'
    case 'ignored':
      return 'the device is the own one of somebody of the site'
    case 'invalid':
      return 'what was given cannot be sent'
    case 'destroyed':
    case 'no-document':
      return 'there is no tracker'
    case 'site-id':
    case 'proxy-url':
    case 'secret':
    case 'console-url':
    case 'https':
      return 'a setting is missing or wrong'
    default: {
      // The rest are HTTP statuses and codes of the contract, which are in capitals.
      const rest: `${number}` | Uppercase<string> = reason
      return rest
    }
  }
}

test('the types take what the README shows', () => {
  const options: Options = { siteId, proxyUrl: '/ops', intents: ['phone'], gpc: 'ignore' }
  expect(createTracker(options).mode).toBe('noop')
  expect(meaning('full')).toBe('the outbox is bounded')
})
