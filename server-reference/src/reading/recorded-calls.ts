import type { Answer } from '../http/answer.js'
import { refuse } from '../http/refuse.js'
import { reply, replyJson } from '../http/reply.js'
import type { RequestContext } from '../http/request-context.js'
import type { Step } from '../steps/step.js'
import { storeFailed } from '../steps/unavailable.js'
import type { World } from '../world.js'
import { callJson } from './call-json.js'
import { fileFormat } from './file-formats.js'
import { readQuery, writeCursor, type CallsRequest } from './read-query.js'
import { siteInQuery } from './site-in-query.js'
import { streamCalls } from './stream-calls.js'

/**
 * Files that are written at a time, and of these for tokens of one site: each has the database read a page whenever its
 * reader has taken the last one.
 */
const MAX_FILES = 8
const MAX_FILES_OF_SITE = 3
const BUSY_SECONDS = 10

/** Headers that keep visitors' data out of every cache. */
export const PRIVATE = { 'Cache-Control': 'no-store', Vary: 'Authorization, Accept' } as const

/** Serves `GET /api/calls` (contract section 17), after the step that checks the token. */
export const recordedCalls = (world: World): Step => {
  const { store, log } = world
  let files = 0
  /** Files by the site of their tokens; null: `LIVE_TOKEN`. */
  const filesOf = new Map<string | null, number>()

  const page = async (
    context: RequestContext,
    siteId: string | null,
    { query }: CallsRequest,
  ): Promise<Answer> => {
    const { calls: found, next } = await store.readCalls({ ...query, siteId })
    return replyJson(
      context,
      200,
      {
        calls: found.map(callJson),
        next: next === null ? null : writeCursor(next),
        request_id: context.requestId,
      },
      PRIVATE,
    )
  }
  /**
   * Passes the parts of a file on and counts the open files. A failure in the middle breaks the connection off: a file
   * must not look complete when it is not.
   */
  async function* counted(
    parts: AsyncGenerator<string, void>,
    whose: string | null,
  ): AsyncGenerator<string, void> {
    files++
    filesOf.set(whose, (filesOf.get(whose) ?? 0) + 1)
    try {
      yield* parts
    } catch (error) {
      log.error({ err: error }, 'a file of calls broke off')
      throw error
    } finally {
      files--
      const left = filesOf.get(whose)! - 1
      if (left === 0) filesOf.delete(whose)
      else filesOf.set(whose, left)
    }
  }
  const file = (
    context: RequestContext,
    siteId: string | null,
    request: CallsRequest,
    format: Exclude<CallsRequest['format'], 'json'>,
  ): Answer => {
    const whose = context.opened!.siteId
    if (files >= MAX_FILES || (filesOf.get(whose) ?? 0) >= MAX_FILES_OF_SITE)
      return refuse(
        context,
        'RATE_LIMITED',
        { retry_after: BUSY_SECONDS },
        { 'Retry-After': String(BUSY_SECONDS) },
      )
    const made = fileFormat(request, format)
    const day = new Date(world.now()).toISOString().slice(0, 10)
    const query = { ...request.query, siteId }
    return reply(
      context,
      200,
      counted(streamCalls(store, query, made, request.fileLimit ?? Infinity), whose),
      {
        ...PRIVATE,
        'Content-Type': made.type,
        'Content-Disposition': `attachment; filename="calls-${day}.${made.extension}"`,
        'X-Content-Type-Options': 'nosniff',
      },
    )
  }
  return {
    name: 'Recorded calls',
    section: '17',
    run: async (context) => {
      const asked = readQuery(parametersOf(context), context.header('accept'))
      if ('issues' in asked) return refuse(context, 'INVALID_QUERY', { issues: asked.issues })
      const { request } = asked
      try {
        const site = await siteInQuery(context, store, request.site)
        if ('refusal' in site) return site.refusal
        if (request.format === 'json') return await page(context, site.siteId, request)
        return file(context, site.siteId, request, request.format)
      } catch (error) {
        return storeFailed(context, log, error)
      }
    },
  }
}

export const parametersOf = ({ target }: RequestContext): URLSearchParams => {
  const at = target.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : target.slice(at + 1))
}
