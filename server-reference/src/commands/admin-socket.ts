import { rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { CommandError } from '../admin/command-error.js'
import type { Config } from '../config/config.js'
import type { Database } from '../store/database.js'
import { COMMANDS } from './commands.js'

const FILE = 'admin.sock'
/** Of a request: a few words. */
const REQUEST_MAX_BYTES = 65_536
/** Milliseconds that a command may take; erasing looks at every call of a site. */
const TIMEOUT_MS = 120_000

export interface AdminRequest {
  /** A key of `COMMANDS`. */
  name: string
  words: string[]
  who: string
}

type AdminResponse = { output: string } | { usage: string } | { failure: string }

/**
 * Lets commands work on the embedded database while this server has it: a socket in its folder, which only the same
 * user can open (mode 0600). Postgres needs none. If no socket can be created, commands work while the server is
 * stopped.
 *
 * @returns closes it
 */
export const openAdminSocket = async (
  { databaseUrl, dataDir, webhookAllowPrivate }: Config,
  url: string,
  database: Database,
  log: Logger,
): Promise<() => Promise<void>> => {
  if (databaseUrl !== null || dataDir === null) return async () => {}
  const path = join(resolve(dataDir), FILE)
  const open = new Set<Socket>()
  const run = async ({ name, words, who }: AdminRequest): Promise<AdminResponse> => {
    try {
      const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
      if (command === undefined) return { usage: `this server does not know "${name}"` }
      const output = await command(
        { database, who, allowsPrivate: webhookAllowPrivate, url },
        words,
      )
      log.info({ command: name, who }, 'a command was carried out')
      return { output }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const { code } = error as NodeJS.ErrnoException
      const isUsage = error instanceof CommandError || code?.startsWith('ERR_PARSE_ARGS')
      return isUsage ? { usage: error.message } : { failure: error.message }
    }
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy())
    read(socket, (text) => {
      const request = requestIn(text)
      const response: Promise<AdminResponse> =
        request === null ? Promise.resolve({ usage: 'not a command' }) : run(request)
      response.then(
        (answer) => socket.end(JSON.stringify(answer)),
        () => socket.destroy(),
      )
    })
  })
  // The lock of the folder is ours, so an existing socket belongs to a server that is gone.
  rmSync(path, { force: true })
  const problem = await new Promise<Error | null>((done) => {
    server.once('error', done)
    const before = process.umask(0o177)
    server.listen(path, () => done(null))
    process.umask(before)
  })
  if (problem !== null)
    log.warn({ err: problem }, 'no socket for commands: they work while the server is stopped')
  return () =>
    new Promise((done) => {
      for (const socket of open) socket.destroy()
      if (problem === null) server.close(() => done())
      else done()
    })
}

/** Reads what the other end says until it has said everything. */
const read = (socket: Socket, onText: (text: string) => void): void => {
  let text = ''
  socket
    .setEncoding('utf8')
    .on('data', (chunk: string) => {
      text += chunk
      if (text.length > REQUEST_MAX_BYTES) socket.destroy()
    })
    .on('end', () => onText(text))
}

const requestIn = (text: string): AdminRequest | null => {
  try {
    const { name, words, who } = JSON.parse(text) as Partial<AdminRequest>
    const isGood =
      typeof name === 'string' &&
      typeof who === 'string' &&
      Array.isArray(words) &&
      words.every((word) => typeof word === 'string')
    return isGood ? { name, words, who: who.slice(0, 64) } : null
  } catch {
    return null
  }
}

/**
 * Has the server that runs on a data folder carry a command out. Returns what is printed, or null if no server runs
 * there.
 *
 * @throws CommandError if the command is wrong
 */
export const askRunningServer = async (
  dataDir: string,
  request: AdminRequest,
): Promise<string | null> => {
  const text = await new Promise<string | null>((done, fail) => {
    const socket = createConnection({ path: join(resolve(dataDir), FILE), allowHalfOpen: true })
    let received = ''
    socket
      .setEncoding('utf8')
      .setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the running server does not answer')))
      .on('connect', () => socket.end(JSON.stringify(request)))
      .on('data', (chunk: string) => (received += chunk))
      .on('end', () => done(received))
      .on('error', (error: NodeJS.ErrnoException) => {
        const isAbsent = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ENOTSOCK'].includes(
          error.code ?? '',
        )
        if (isAbsent) done(null)
        else fail(error)
      })
  })
  if (text === null) return null
  if (text === '')
    throw new Error(
      'the running server stopped before the command was carried out, or while it was',
    )
  const response = JSON.parse(text) as AdminResponse
  if ('usage' in response) throw new CommandError(response.usage)
  if ('failure' in response) throw new Error(response.failure)
  return response.output
}
