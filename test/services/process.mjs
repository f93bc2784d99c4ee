// Runs a server in a separate process, which is stopped by its own pid.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'

/**
 * @typedef {object} Service
 * @property {number} pid
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop resolves once the process has ended
 * @property {(signal: NodeJS.Signals) => void} signal
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/**
 * Starts a program and waits, 20 s at most, until its port answers.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {number | string} port or the path of a socket
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<Service>}
 */
export const startService = async (program, args, port, options = {}) => {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let said = ''
  child.stdout?.on('data', (text) => (said = (said + text).slice(-4_000)))
  child.stderr?.on('data', (text) => (said = (said + text).slice(-4_000)))
  const ended = new Promise((resolve) => child.once('close', resolve)).then(() => {
    children.delete(child)
  })
  const late = Date.now() + 20_000
  while (!(await answers(port))) {
    if (child.exitCode !== null || Date.now() > late) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start:\n${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    pid: child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
    },
  }
}

/** @param {number | string} port */
const answers = (port) =>
  new Promise((resolve) => {
    const socket = typeof port === 'string' ? connect(port) : connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
