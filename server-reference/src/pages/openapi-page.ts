import { replyJson } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import { openApiDocument } from './openapi.js'

/** Serves `GET /openapi.json`. The first request for the document builds it. */
export const openApiPage = (): Step => {
  let document: ReturnType<typeof openApiDocument> | undefined
  return {
    name: 'OpenAPI document',
    section: '1',
    run: (context) => replyJson(context, 200, (document ??= openApiDocument())),
  }
}
