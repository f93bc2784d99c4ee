import { ownScript, readAttributes } from './tracker/attributes.js'
import { startTracker } from './tracker/start.js'

// What the script tag runs. A second copy on the page finds the first and stops; an element with
// id="opsmantik" is no tracker. Nothing that goes wrong here may reach the page.
try {
  const script = ownScript()
  if (script && !(window.opsmantik || ({} as { mode?: string })).mode)
    window.opsmantik = startTracker(readAttributes(script))
} catch {
  // An old browser, or a page that took something away: it stays silent.
}
