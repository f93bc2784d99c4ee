/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/** Returns the fields that a 400 names. @param {Message} message @returns {{ path: string, message: string }[]} */
export function issuesOf({ detail }) {
  try {
    const { issues } = JSON.parse(detail?.answer.body ?? '')
    return /** @type {Record<string, unknown>[]} */ (issues).map(({ path, message }) => ({
      path: String(path) || 'the body',
      message: String(message),
    }))
  } catch {
    return []
  }
}
