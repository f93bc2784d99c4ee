import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import type { RequestContext } from '../http/request-context.js'

/** As many as help; a body of 64 KiB can have thousands. */
const MAX_ISSUES = 20

interface SchemaIssue {
  path: readonly PropertyKey[]
  message: string
}

/** Refuses with 400 and names each field, as `events.2.sid`. Values are never repeated. */
export const refuseBody = (context: RequestContext, issues: readonly SchemaIssue[]): Answer =>
  refuse(context, 'INVALID_BODY', {
    issues: issues
      .slice(0, MAX_ISSUES)
      .map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  })
