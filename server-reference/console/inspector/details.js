import { element, part } from '../element.js'
import { answerSection, requestSection } from './details-request.js'
import { checksSection } from './details-checks.js'
import { curlSection } from './details-curl.js'
import { factsSection, fixSection, titleOf } from './details-summary.js'

/** @typedef {import('../../src/live/detail.js').ConsoleMessage} Message */

/** Creates the panel that shows one event. */
export function createDetails() {
  const panel = part('details', HTMLElement)
  const title = part('details-title', HTMLElement)
  const content = part('details-content', HTMLElement)

  /** @param {string} heading @param {(Node | string)[]} children */
  function fill(heading, ...children) {
    title.textContent = heading
    content.replaceChildren(...children)
    panel.hidden = false
    document.body.dataset.open = ''
    panel.scrollTop = 0
    // On a small screen it is the page that scrolls.
    scrollTo(0, 0)
  }

  return {
    /** @param {Message} message */
    show(message) {
      const { detail } = message
      panel.dataset.type = message.type
      fill(
        titleOf(message),
        fixSection(message),
        ...(detail ? [checksSection(detail), curlSection(detail)] : []),
        factsSection(message),
        ...(detail ? [requestSection(detail), answerSection(detail)] : [noDetail()]),
      )
    },
    showMissing() {
      panel.dataset.type = 'missing'
      fill(
        'Not here any more',
        element(
          'p',
          '',
          'The console keeps the newest 500 events, the server fewer, and neither has this one.',
        ),
      )
    },
    hide() {
      panel.hidden = true
      delete document.body.dataset.open
    },
    isOpen: () => !panel.hidden,
    hasFocus: () => panel.contains(document.activeElement),
    focus: () => title.focus({ preventScroll: true }),
  }
}

const noDetail = () =>
  element('p', 'aside', 'The server sent no headers, body or steps with this event.')
