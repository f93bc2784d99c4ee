import { createServer } from 'node:http'
import { Webhook } from 'standardwebhooks'

const BODY_MAX_BYTES = 65_536
/** Ids that are remembered. A delivery comes again within three days. */
const REMEMBERED = 10_000

/**
 * Receives webhooks on PORT and passes each call on once. It answers when the call was passed on: if that fails, the
 * server sends the call again, with the same `webhook-id`.
 *
 * @param {(data: any, id: string) => Promise<void>} deliver
 */
export const receive = (deliver) => {
  const webhook = new Webhook(process.env.WEBHOOK_SECRET)
  /** By `webhook-id`: a delivery that comes twice at a time waits for the first. */
  const seen = new Map()

  const once = (id, data) => {
    const first = seen.get(id)
    if (first !== undefined) return first
    const delivered = deliver(data, id).catch((error) => {
      seen.delete(id)
      throw error
    })
    seen.set(id, delivered)
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value)
    return delivered
  }

  const server = createServer(async (request, response) => {
    const status = await answer(request).catch((error) => {
      console.error(error.message)
      return 502
    })
    response.writeHead(status).end()
  })
  const answer = async (request) => {
    const chunks = []
    let size = 0
    for await (const chunk of request) {
      size += chunk.length
      if (size > BODY_MAX_BYTES) return 413
      chunks.push(chunk)
    }
    let event
    try {
      // Over the bytes as they came: JSON that is parsed and written again no longer fits the signature.
      event = webhook.verify(Buffer.concat(chunks).toString(), request.headers)
    } catch {
      return 400
    }
    if (event.type === 'call.recorded') await once(request.headers['webhook-id'], event.data)
    return 204
  }
  server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
    console.log(`ready on port ${server.address().port}`),
  )
}

/** Sends JSON, and throws if the other side does not take it. */
export const post = async (url, body, headers = {}) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  // Not the URL: with Slack and Apps Script it is the secret.
  if (!response.ok) throw new Error(`HTTP ${response.status} from ${new URL(url).host}`)
  return text
}
