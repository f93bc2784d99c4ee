import type { Context } from 'hono'
import type { Env } from '../env.js'
import { refuse } from '../http/refuse.js'

/** As many as help; a body of 64 KiB can have thousands. */
const MAX_ISSUES = 20

interface SchemaIssue {
  path: readonly PropertyKey[]
  message: string
}

/** 400 that names each field, as `events.2.sid`. Values are never repeated. */
export const refuseBody = (c: Context<Env>, issues: readonly SchemaIssue[]): Response =>
  refuse(c, 'INVALID_BODY', {
    issues: issues
      .slice(0, MAX_ISSUES)
      .map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  })
