import { reader } from './tracker/attributes.js'
import { ownScript } from './tracker/own-script.js'
import { startTracker } from './tracker/start.js'
import type { Stub } from './tracker/tracker.js'

// Entry of the script tag. A second copy on the page finds the first and stops; an element with id="opsmantik" is not
// an own property of the window. No error may reach the page.
try {
  const script = ownScript()
  const before = ((Object.hasOwn(window, 'opsmantik') && window.opsmantik) || { q: [] }) as Stub
  if (script && !Object.hasOwn(before, 'mode')) {
    const tracker = (window.opsmantik = startTracker(reader(script), script.src))
    // Calls that the page made before we were here (docs/frameworks.md has the stub).
    for (const [method, words, answer] of before.q || [])
      answer((tracker[method] as (...words: unknown[]) => unknown)(...words))
  }
} catch {
  // An old browser, or a page that took something away: it stays silent.
}
