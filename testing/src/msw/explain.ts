import { describeFilter, type CallFilter } from '../calls.js'
import type { ReceivedCall, Refusal } from './kit.js'

/** Maximum number of calls in a message; more would not help the reader. */
const MOST = 10

interface Seen {
  calls: readonly ReceivedCall[]
  refusals: readonly Refusal[]
  requests: readonly string[]
}

const list = (title: string, lines: readonly string[]): string[] => {
  if (lines.length === 0) return []
  const rest = lines.length - MOST
  return [
    title,
    ...(rest > 0 ? [`  - (${rest} before)`] : []),
    ...lines.slice(-MOST).map((line) => `  - ${line}`),
  ]
}

/** Returns the fields that tests usually filter by, and those that this filter names, as text. */
const shown = (call: ReceivedCall, filter: CallFilter<ReceivedCall> = {}): string => {
  const { intent_action, intent_target } = call
  const more = typeof filter === 'function' ? [] : Object.keys(filter)
  return JSON.stringify({
    intent_action,
    intent_target,
    ...Object.fromEntries(more.map((key) => [key, call[key as keyof ReceivedCall]])),
  })
}

/**
 * Returns the message of a failed wait: the missing call, and what happened instead.
 *
 * @param taken calls that an earlier `waitForCall` has resolved with
 * @param scenarios the names of those in force
 */
export const explain = (
  filter: CallFilter<ReceivedCall> | undefined,
  timeout: number,
  { calls, refusals, requests }: Seen,
  taken: ReadonlySet<ReceivedCall>,
  scenarios: readonly string[],
): string => {
  const nothing = calls.length + refusals.length === 0
  return [
    `No call${describeFilter(filter)} arrived within ${timeout} ms.`,
    ...list(
      'Recorded instead:',
      calls.map(
        (call) =>
          shown(call, filter) + (taken.has(call) ? ' (an earlier waitForCall had this one)' : ''),
      ),
    ),
    ...list(
      'Refused:',
      refusals.map(({ method, url, status, code, hint, issues = [] }) =>
        [
          `${method} ${url}: ${status} ${code}. ${hint}`,
          ...issues.map(({ path, message }) => `${path} ${message}`),
        ].join('\n    '),
      ),
    ),
    ...(nothing && requests.length > 0
      ? list('Requests that came, with no call recorded:', requests)
      : []),
    ...(requests.length === 0
      ? [
          'No request came at all. Does server.listen() run before the page starts its tracker? Does the tracker use the kit’s proxyUrl or consoleUrl? What does it say with debug: true?',
        ]
      : []),
    ...(scenarios.length > 0
      ? [`In force: ${scenarios.map((name) => name + '()').join(', ')}.`]
      : []),
  ].join('\n')
}
