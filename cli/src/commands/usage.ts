import { SECRET_MIN_LENGTH, SITE_ID } from '@opsmantik/tracker/contract'

/** A command line that cannot be understood; the message says what was meant to stand there. */
export class Usage extends Error {
  override readonly name = 'Usage'
}

/** A command that was understood and could not be carried out; the message says why. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** An http(s) URL. */
export const urlOf = (text: string | undefined, what: string): string => {
  if (text === undefined || text === '') throw new Usage(`${what} is missing`)
  let url: URL | undefined
  try {
    url = new URL(text)
  } catch {
    // Said below.
  }
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Usage(
      `${what} should be an http(s) URL such as https://console.example.com, got ${JSON.stringify(text)}`,
    )
  return url.href.replace(/\/+$/, '')
}

/** An origin: `https://www.example.com`, without a path. */
export const originOf = (
  text: string | undefined,
  flag: string = '--origin',
): string | undefined => {
  if (text === undefined) return undefined
  const url = new URL(urlOf(text, flag))
  if (url.pathname !== '/' || url.search || url.hash)
    throw new Usage(`${flag} should be ${url.origin}, without a path; got ${JSON.stringify(text)}`)
  return url.origin
}

/**
 * A secret is taken from the environment only: arguments are seen by every user of the machine and stay in the shell's
 * history.
 */
export const secretFrom = (name: string | undefined, flag: string): string | undefined => {
  if (name === undefined) return undefined
  if (!/^[A-Za-z_]\w*$/.test(name))
    throw new Usage(`${flag} takes the NAME of an environment variable, not the secret itself`)
  const value = process.env[name]
  if (!value)
    throw new Usage(`${flag} ${name}: there is no such environment variable, or it is empty`)
  return value
}

export const siteIdOf = (text: string | undefined): string => {
  if (!text || !SITE_ID.test(text)) throw new Usage('--site-id should be a UUID or 32 hex digits')
  return text
}

/** `secretFrom`, for what is going to sign with it. */
export const signingSecretFrom = (name: string | undefined): string | undefined => {
  const secret = secretFrom(name, '--secret-env')
  if (secret !== undefined && secret.length < SECRET_MIN_LENGTH)
    throw new Usage(`the secret in ${name} is shorter than ${SECRET_MIN_LENGTH} characters`)
  return secret
}

/** A whole number. */
export const numberOf = (text: string | undefined, flag: string): number | undefined => {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0)
    throw new Usage(`${flag} should be a whole number, got ${JSON.stringify(text)}`)
  return value
}

export const patternsOf = (texts: string[] | undefined): string[] | undefined =>
  texts?.flatMap((text) => text.split(',').map((item) => item.trim())).filter(Boolean)
