import { FOREIGN } from './server.js'

/** Origins that look like the allowed one and are somebody else's, with every case that the vectors deny. */
export const lookAlikes = (origin: string): string[] => {
  const { protocol, hostname, port } = new URL(origin)
  const at = port ? ':' + port : ''
  const isAddress = /^[\d.]+$|^\[/.test(hostname)
  return [
    `${protocol}//${hostname}${at ? '' : ':8443'}${at && ':' + (Number(port) === 1 ? 2 : Number(port) - 1)}`,
    `${protocol === 'https:' ? 'http:' : 'https:'}//${hostname}${at}`,
    `${origin}.conformance.invalid`,
    `${protocol}//conformance.invalid?${origin}`,
    `${protocol}//conformance.invalid#${origin}`,
    `${protocol}//conformance.invalid/${origin}`,
    `${protocol}//${hostname}@conformance.invalid`,
    `${origin}, ${FOREIGN}`,
    `${FOREIGN}, ${origin}`,
    `${FOREIGN} ${origin}`,
    `${origin}.evil.example`,
    `${protocol}//evil.example?${origin}`,
    `${origin}@evil.example`,
    `${origin}/path`,
    `${origin}, https://evil.example`,
    ...(isAddress
      ? []
      : [
          `${protocol}//conformance-${hostname}${at}`,
          `${protocol}//conformance.${hostname}${at}`,
          `${protocol}//evil${hostname}${at}`,
          `${protocol}//www.${hostname}${at}`,
          `${protocol}//${hostname}conformance${at}`,
          `${protocol}//${hostname.replace('.', 'x')}${at}`,
        ].filter((other) => other !== origin)),
  ]
}
