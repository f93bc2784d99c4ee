import { replyJson } from '../http/reply.js'
import type { Step } from '../steps/step.js'
import { openApiDocument } from './openapi.js'

/** `GET /openapi.json`. The document is built by the first request for it. */
export const openApiPage = (): Step => {
  let document: ReturnType<typeof openApiDocument> | undefined
  return {
    name: 'OpenAPI document',
    section: '1',
    run: (context) => replyJson(context, 200, (document ??= openApiDocument())),
  }
}
