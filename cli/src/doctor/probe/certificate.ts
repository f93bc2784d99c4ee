import { isIP } from 'node:net'
import { checkServerIdentity, connect, type DetailedPeerCertificate } from 'node:tls'

/** What a TLS server shows, whether it can be trusted or not. */
export interface Certificate {
  certificate: DetailedPeerCertificate
  /** Why it is not trusted, as OpenSSL calls it; null where it is. */
  untrusted: string | null
  /** Names it is for, if not the one that was asked for; else null. */
  otherNames: string | null
  chainLength: number
}

/** Looks at the certificate of a URL's host. Null where none is shown in time. */
export const certificateOf = (
  url: string,
  ca: string | undefined,
  timeout: number,
): Promise<Certificate | null> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    const socket = connect({
      host,
      port: Number(port || 443),
      ...(isIP(host) ? {} : { servername: host }),
      // Looked at, never trusted: nothing is sent over this connection.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(ca === undefined ? {} : { ca }),
    })
    const finish = (found: Certificate | null): void => {
      clearTimeout(timer)
      resolve(found)
      socket.destroy()
    }
    const timer = setTimeout(() => finish(null), timeout)
    socket.on('error', () => finish(null))
    socket.on('secureConnect', () => {
      const certificate = socket.getPeerCertificate(true)
      if (Object.keys(certificate).length === 0) return finish(null)
      const mismatch = checkServerIdentity(host, certificate)
      finish({
        certificate,
        untrusted: socket.authorized
          ? null
          : String(Object(socket.authorizationError).code ?? socket.authorizationError),
        otherNames:
          mismatch === undefined
            ? null
            : (certificate.subjectaltname ?? String(certificate.subject?.CN ?? 'nobody')),
        chainLength: lengthOf(certificate),
      })
    })
  })

const lengthOf = (certificate: DetailedPeerCertificate): number => {
  const seen = new Set<string>()
  let next: DetailedPeerCertificate | undefined = certificate
  while (next?.fingerprint256 !== undefined && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    next = next.issuerCertificate
  }
  return seen.size
}
