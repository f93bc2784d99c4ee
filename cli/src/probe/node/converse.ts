import { connect as plain, type Socket } from 'node:net'
import { connect as encrypted } from 'node:tls'
import type { Converse } from '../converse.js'
import { readRawResponse } from '../raw-response.js'

/** Converses over node:net, or node:tls for https. */
export const converse: Converse = (url, bytes, ms) =>
  new Promise((resolve, reject) => {
    const { protocol, hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const isEncrypted = protocol === 'https:'
    const at = { host, port: Number(port) || (isEncrypted ? 443 : 80) }
    const isName = /[a-z]/i.test(host) && !host.includes(':')
    const socket: Socket = isEncrypted
      ? encrypted({ ...at, ...(isName ? { servername: host } : {}), ALPNProtocols: ['http/1.1'] })
      : plain(at)
    let said = ''
    let isConnected = false
    const finish = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(said)
    }
    const timer = setTimeout(finish, ms)
    socket.setEncoding('latin1')
    socket.once(isEncrypted ? 'secureConnect' : 'connect', () => {
      isConnected = true
      socket.write(bytes, 'latin1')
    })
    socket.on('data', (text: string) => {
      said += text
      if (readRawResponse(said, false)) finish()
    })
    // A server may close before it has read everything: what it said until then is its answer.
    socket.on('error', (error) => {
      if (isConnected) return finish()
      clearTimeout(timer)
      reject(error)
    })
    socket.on('close', finish)
  })
