import { STATUS_CODES } from 'node:http'
import { REFUSALS, REQUEST_ID_HEADER, type Code } from '@opsmantik/tracker/contract'
import type { OriginPolicy } from '../config/origins.js'
import { corsHeaders } from '../steps/cors.js'
import type { Answer } from './answer.js'

/** The known facts about a request that never reached the application. */
export interface KnownHead {
  origin?: string | undefined
  /** A well-formed one, its own or a new one. */
  requestId: string
}

interface TextAnswer extends Answer {
  body: string
}

/** Makes the refusal of a request that the socket layer does not let through. The connection ends with it. */
export const socketRefusal = (
  origins: OriginPolicy,
  code: Code,
  { origin, requestId }: KnownHead,
  headers: readonly string[] = [],
): TextAnswer => {
  const { status, error } = REFUSALS[code]
  return {
    status,
    headers: [
      REQUEST_ID_HEADER,
      requestId,
      ...corsHeaders(origins, origin),
      'Content-Type',
      'application/json',
      'Connection',
      'close',
      ...headers,
    ],
    body: JSON.stringify({ error, code, request_id: requestId }),
  }
}

/** Returns an answer as the bytes of HTTP/1.1, for a connection without a response of node:http. */
export const answerBytes = ({ status, headers, body }: TextAnswer): Buffer => {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`]
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  const bytes = Buffer.from(body)
  lines.push(`Content-Length: ${bytes.length}`, '', '')
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), bytes])
}
