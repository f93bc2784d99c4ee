import { createServer } from 'node:net'

/**
 * @param {number} port
 * @returns {Promise<number>}
 */
const listenOnce = (port) =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })

/**
 * @param {number} preferred
 * @returns {Promise<number>} the preferred port, or another one if that is taken
 */
export const freePort = (preferred) =>
  listenOnce(preferred).catch((error) => {
    // Reserved by the system, on Windows, counts as taken; a port that is no port does not.
    if (['EADDRINUSE', 'EACCES'].includes(error.code)) return listenOnce(0)
    throw error
  })
