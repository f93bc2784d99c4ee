import { ORIGIN } from '../../server-reference/src/testing/sign.js'

/** A fault of a server's socket layer: what it does with its responses, and the only check that has to find it. */
export interface BrokenSocket {
  name: string
  found: string
  /** Changes what the reference server answers to these bytes. */
  answer: (said: string, sent: string) => string
}

const statusOf = (said: string): string => said.slice(9, 12)
const without = (said: string, field: string): string =>
  said.replace(new RegExp(`^${field}:.*\\r\\n`, 'im'), '')
const on =
  (status: string, change: (said: string, sent: string) => string) =>
  (said: string, sent: string): string =>
    statusOf(said) === status ? change(said, sent) : said
/** Returns a refusal in the form of node:http's own. */
const bare = (line: string): string => `HTTP/1.1 ${line}\r\nConnection: close\r\n\r\n`

export const BROKEN_SOCKETS: BrokenSocket[] = [
  {
    name: 'an empty 400 for a malformed request',
    found: 'socket.bad-request',
    answer: on('400', (said, sent) => (sent.includes(ORIGIN) ? bare('400 Bad Request') : said)),
  },
  {
    name: 'a 400 without CORS headers',
    found: 'socket.bad-request',
    answer: on('400', (said) => without(said, 'Access-Control-Allow-Origin')),
  },
  {
    name: 'a 431 without Vary for an allowed origin',
    found: 'socket.headers-too-large',
    answer: on('431', (said, sent) => (sent.includes(ORIGIN) ? without(said, 'Vary') : said)),
  },
  {
    name: 'a 431 that exposes no headers',
    found: 'socket.headers-too-large',
    answer: on('431', (said) => without(said, 'Access-Control-Expose-Headers')),
  },
  {
    name: 'a 431 with a request id of its own',
    found: 'socket.headers-too-large',
    answer: on('431', (said) => said.replace(/^(X-Request-Id:).*$/im, '$1 another')),
  },
  {
    name: 'a 400 that repeats every origin',
    found: 'socket.denied-origin',
    answer: on('400', (said, sent) => {
      const origin = /^Origin: (.*)$/m.exec(sent)![1]!.trim()
      return origin === ORIGIN
        ? said
        : said.replace('\r\n', `\r\nAccess-Control-Allow-Origin: ${origin}\r\n`)
    }),
  },
  {
    name: 'a 431 without Vary for a denied origin',
    found: 'socket.denied-origin',
    answer: on('431', (said, sent) => (sent.includes(ORIGIN) ? said : without(said, 'Vary'))),
  },
  {
    name: 'a 408 without CORS headers',
    found: 'socket.timeout',
    answer: on('408', (said) => without(said, 'Access-Control-Allow-Origin')),
  },
  {
    name: 'a 408 that nobody can find in the log',
    found: 'socket.timeout',
    answer: on('408', (said) => without(said, 'X-Request-Id')),
  },
  {
    name: 'a slow request that is cut off without a response',
    found: 'socket.timeout',
    answer: on('408', () => ''),
  },
  {
    name: '400 for a health check of HTTP/1.0',
    found: 'health.http-1-0',
    answer: on('200', (said, sent) => (sent.includes('HTTP/1.0') ? bare('400 Bad Request') : said)),
  },
]
