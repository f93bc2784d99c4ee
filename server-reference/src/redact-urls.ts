/** Matches the part before the `@` of a URL's authority. */
const USER_INFO = /([a-z][a-z\d+.-]*:\/\/)[^\s"'<>/?#\\]*@/gi

/**
 * Returns `text` without user names and passwords in URLs. Drivers and `fetch` put their URL into error messages, and
 * we cannot review every message of every library.
 */
export const redactUrls = (text: string): string =>
  text.includes('@') ? text.replace(USER_INFO, '$1***@') : text
