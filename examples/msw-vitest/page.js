import { createTracker } from '@opsmantik/tracker'

/**
 * The page under test: a link that counts by itself, and a button that counts by the page's own word.
 *
 * @param {import('@opsmantik/tracker').Options} options
 */
export const startPage = (options) => {
  const tracker = createTracker(options)
  document.body.innerHTML = `
    <a href="tel:+90 500 000 00 00">Call us</a>
    <button>Book room 7</button>
    <p role="status"></p>`
  const say = (/** @type {string} */ text) => {
    document.querySelector('p').textContent = text
  }
  document.querySelector('button').addEventListener('click', async () => {
    const { status } = await tracker.intent('booking', 'room-7')
    say(status === 'queued' ? 'We will send it as soon as you are online.' : 'Thank you!')
  })
  return tracker
}
