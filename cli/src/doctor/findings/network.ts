import { certificateOf } from '../probe/certificate.js'
import { symptom } from './symptom.js'
import type { Observation } from '../../probe/node/observe.js'
import type { NetworkId, TlsId } from './ids.js'
import type { Symptom, Whose } from '../types.js'

interface Cause {
  id: NetworkId
  title: string
  whose: Whose
  fix: string
  check?: string
}

const hostOf = (url: string): { name: string; port: string; host: string } => {
  const { hostname, port, protocol, host } = new URL(url)
  return { name: hostname, port: port || (protocol === 'https:' ? '443' : '80'), host }
}

const lookup = (answer: Observation): Cause => {
  const { name } = hostOf(answer.sending.url)
  const isMissing = /^(ENOTFOUND|ENODATA|EAI_NONAME|EAI_NODATA)$/.test(answer.failure!.code)
  return {
    id: isMissing ? 'dns-no-such-name' : 'dns-not-answering',
    title: isMissing
      ? `The name ${name} does not exist in DNS, as seen from here`
      : `The name ${name} cannot be looked up: DNS does not answer here`,
    whose: 'network',
    fix: isMissing
      ? `${name}. A <address of the server>\nCheck the spelling of the address first; after a change of domain, look whether the record and the domain itself are still there.`
      : 'Try again from another network: this machine may have no DNS at all.',
    check: `dig +short ${name}`,
  }
}

const connecting = (answer: Observation): Cause => {
  const { name, port } = hostOf(answer.sending.url)
  const check = `curl -sS -o /dev/null -w '%{http_code}\\n' ${new URL(answer.sending.url).origin}/api/health   # expect 200`
  if (answer.failure!.code === 'ECONNREFUSED')
    return {
      id: 'connect-refused',
      title: `Nothing listens at ${name} port ${port}: the connection is refused`,
      whose: 'server',
      fix: `Start the server, and see that it (or the gateway before it) listens on port ${port}: HOST=0.0.0.0 PORT=<port>\nExit code 78 in its log means a variable that it cannot use.`,
      check,
    }
  return {
    id: answer.failure!.code === 'TIMEOUT' ? 'connect-timeout' : 'connect-failed',
    title: `No connection to ${name} port ${port} comes about (${answer.failure!.code})`,
    whose: 'network',
    fix: `Let port ${port} of ${name} through the firewall or security group; look whether DNS still names the old machine: dig +short ${name}`,
    check,
  }
}

const talking = (answer: Observation): Cause => {
  const { code, phase, message } = answer.failure!
  const { origin } = new URL(answer.sending.url)
  const check = `curl -sS -i ${origin}/api/health   # expect 200 and JSON`
  if (code === 'TIMEOUT')
    return {
      id: phase === 'body' ? 'answer-never-ends' : 'no-answer',
      title:
        phase === 'body'
          ? 'The answer begins but does not end: a browser waits, gives up and tries again'
          : 'The connection is accepted but no answer comes: a browser waits, gives up and tries again',
      whose: 'server',
      fix: 'Look at the process behind the gateway: it hangs, or the gateway cannot reach it. Restart it, and read its log from before.',
      check,
    }
  if (code.startsWith('HPE_'))
    return {
      id: 'not-http',
      title: 'What answers there does not speak HTTP',
      whose: 'gateway',
      fix: `Give the right scheme and port: ${origin} answers with something else (${message})`,
      check,
    }
  return {
    id: 'connection-cut',
    title: `The connection is cut before an answer is complete (${code})`,
    whose: 'gateway',
    fix: 'Something between here and the server drops the connection: read the log of the gateway or firewall, then of the server (a crash looks the same).',
    check,
  }
}

/** Why there was no answer, as a symptom. `prefix` sets the proxy's apart. */
export const networkSymptom = (answer: Observation, prefix: 'proxy-' | '' = ''): Symptom => {
  const failure = answer.failure!
  const cause =
    failure.phase === 'lookup' || /^(ENOTFOUND|EAI_)/.test(failure.code)
      ? lookup(answer)
      : failure.phase === 'connect' ||
          /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/.test(failure.code)
        ? connecting(answer)
        : talking(answer)
  const whose = prefix !== '' && cause.whose !== 'network' ? 'proxy' : cause.whose
  return symptom(answer, 'error', `${prefix}${cause.id}`, cause.title, {
    whose,
    fix: cause.fix,
    ...(cause.check !== undefined && prefix === '' ? { check: cause.check } : {}),
  })
}

const day = (date: string): string => {
  const time = Date.parse(date)
  return Number.isNaN(time) ? date : new Date(time).toISOString().slice(0, 10)
}

/** What is wrong with the TLS of an answer that did not come: several things may be. */
export const tlsSymptoms = async (
  answer: Observation,
  ca: string | undefined,
  now: number,
  timeout: number,
  prefix: 'proxy-' | '' = '',
): Promise<Symptom[]> => {
  const { url } = answer.sending
  const { name, port } = hostOf(url)
  const show = `openssl s_client -connect ${name}:${port} -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -dates -ext subjectAltName`
  const make = (id: TlsId, title: string, fix: string): Symptom =>
    symptom(answer, 'error', `${prefix}${id}`, title, {
      whose: prefix === '' ? 'gateway' : 'proxy',
      fix,
      check: show,
    })
  const found = await certificateOf(url, ca, timeout)
  if (found === null)
    return [
      make(
        'tls-handshake-failed',
        `No TLS connection to ${name} port ${port} comes about: what answers there may not speak TLS, or only old versions`,
        `Switch TLS on at port ${port} (nginx: listen ${port} ssl;), TLS 1.2 or newer, or give the http address if that is meant`,
      ),
    ]
  const { certificate, untrusted, otherNames, chainLength } = found
  const symptoms: Symptom[] = []
  if (Date.parse(certificate.valid_to) < now)
    symptoms.push(
      make(
        'tls-expired',
        `The certificate of ${name} ended on ${day(certificate.valid_to)}: browsers refuse every request`,
        `certbot renew --cert-name ${name} && systemctl reload nginx   # or renew it where TLS ends\nThen see why renewal by itself has failed.`,
      ),
    )
  if (Date.parse(certificate.valid_from) > now)
    symptoms.push(
      make(
        'tls-not-yet-valid',
        `The certificate of ${name} begins only on ${day(certificate.valid_from)}`,
        'Look at the clock of this machine (date -u) and of the machine that made the certificate',
      ),
    )
  if (otherNames !== null)
    symptoms.push(
      make(
        'tls-wrong-name',
        `The certificate shown at ${name} is for ${otherNames}, not for ${name}`,
        `certbot certonly -d ${name}   # a certificate that names ${name}, and the gateway must show it for that name (server_name ${name};)`,
      ),
    )
  const isDated = Date.parse(certificate.valid_to) < now || Date.parse(certificate.valid_from) > now
  if (
    untrusted !== null &&
    !(isDated && untrusted.startsWith('CERT_')) &&
    !/ALTNAME/.test(untrusted)
  ) {
    const isSelf = /SELF_SIGNED/.test(untrusted)
    symptoms.push(
      make(
        isSelf ? 'tls-self-signed' : 'tls-not-trusted',
        isSelf
          ? `The certificate of ${name} is self-signed: browsers do not trust it`
          : `The certificate of ${name} cannot be traced to an authority (${untrusted})${chainLength < 2 ? ': the intermediate certificate is not sent along' : ''}`,
        isSelf
          ? `certbot certonly -d ${name}   # a certificate of a public authority`
          : 'ssl_certificate /etc/letsencrypt/live/<name>/fullchain.pem;   # the whole chain, not cert.pem alone',
      ),
    )
  }
  return symptoms.length > 0
    ? symptoms
    : [
        make(
          'tls-handshake-failed',
          `The TLS connection to ${name} fails (${answer.failure?.code}: ${answer.failure?.message})`,
          'Look at the TLS settings of what ends TLS there: versions, ciphers, a demanded client certificate',
        ),
      ]
}

/** Part of a certificate's life that may be left before it counts as forgotten. */
const LAST_PART = 0.1

/** A certificate that is still good, but not for long. */
export const certificateWarning = async (
  answer: Observation,
  ca: string | undefined,
  now: number,
  timeout: number,
): Promise<Symptom[]> => {
  if (!answer.sending.url.startsWith('https:')) return []
  const found = await certificateOf(answer.sending.url, ca, timeout)
  if (found === null) return []
  const from = Date.parse(found.certificate.valid_from)
  const to = Date.parse(found.certificate.valid_to)
  if (!(to - now < LAST_PART * (to - from))) return []
  const { name } = hostOf(answer.sending.url)
  return [
    symptom(
      answer,
      'warning',
      'tls-ends-soon',
      `The certificate of ${name} ends on ${day(found.certificate.valid_to)} and has not been renewed`,
      {
        whose: 'gateway',
        fix: `certbot renew --cert-name ${name} && systemctl reload nginx   # or renew it where TLS ends`,
      },
    ),
  ]
}

/** Whether it was TLS that failed. */
export const isTlsFailure = ({ failure, sending }: Observation): boolean =>
  failure !== null &&
  sending.url.startsWith('https:') &&
  !/^(ENOTFOUND|EAI_|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|HPE_)/.test(failure.code) &&
  (failure.phase === 'tls' || /CERT|SIGNED|VERIFY|SSL|TLS|EPROTO/.test(failure.code))
