import { must } from '../check.js'
import type { Exchange } from '../../probe/exchange.js'

/** The parts of a path, however it is written: `events.2.sid`, `events[2].sid`, `/events/2/sid`, a list. */
const partsOf = (path: unknown): string[] =>
  Array.isArray(path) ? path.map(String) : (String(path).match(/\w+/g) ?? [])

/** `issues` is a list of `{path, message}`, and one of them names this field. */
export const expectIssue = (x: Exchange, field: string, why: string): void => {
  const issues = x.json['issues']
  const isNamed =
    Array.isArray(issues) &&
    issues.some((issue: unknown) => {
      const { path, message } = Object(issue) as Record<string, unknown>
      return path !== undefined && typeof message === 'string' && partsOf(path).includes(field)
    })
  must(
    isNamed,
    `${why}: issues should be [{path, message}] and name ${field}, are ${JSON.stringify(issues)}`,
    x,
  )
}
