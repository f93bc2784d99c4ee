/**
 * Creates the view that leads to the first press.
 *
 * @param {ReturnType<typeof import('./session.js').createSession>} session
 */
export function createSetup(session) {
  void session
  return { open() {}, show() {}, hide() {}, news() {}, close() {} }
}
