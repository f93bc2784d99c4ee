import { takeTokenFromLink } from './api.js'
import { createCalls } from './calls.js'
import { part } from './element.js'
import { text, translate } from './language.js'
import { createSession } from './session.js'
import { createSetup } from './setup.js'
import { createViews } from './views.js'

const html = (/** @type {string} */ id) => part(id, HTMLElement)

translate()
takeTokenFromLink()

const session = createSession({
  onOpened: () => {
    calls.open()
    setup.open()
    arrange()
  },
  onClosed: () => {
    calls.close()
    setup.close()
    arrange()
    if (views.current() !== 'inspector') part('token', HTMLInputElement).focus()
  },
  onNews: () => shown()?.news(),
  onSite: () => shown()?.show(),
})
const calls = createCalls(session, { onNoCallsEver: () => views.prefer('setup') })
const setup = createSetup(session)
const parts = { calls, setup }
let inspector = /** @type {Promise<unknown> | undefined} */ (undefined)

const shown = () => {
  const view = views.current()
  return view === 'inspector' ? undefined : parts[view]
}

/** Shows the view that the address names, or the form for the token. */
function arrange() {
  const view = views.current()
  const isOpen = session.opened() !== undefined
  const isReading = view !== 'inspector' && isOpen
  for (const one of /** @type {const} */ (['calls', 'setup'])) {
    const isShown = view === one && isOpen
    html(`${one}-view`).hidden = !isShown
    if (isShown) parts[one].show()
    else parts[one].hide()
  }
  const own = document.getElementById('inspector-view')
  if (own) own.hidden = view !== 'inspector'
  html('sign-in-sheet').hidden = view === 'inspector' || isOpen || session.isOpening()
  html('live').hidden = !isReading
  html('sign-out').hidden = !isReading
  html('site-choice').hidden = !isReading || (session.opened()?.sites.length ?? 0) < 2
  document.title = `OpsMantik · ${view === 'inspector' ? 'Inspector' : text(view === 'setup' ? 'viewSetup' : 'title')}`
}

const views = createViews((view) => {
  if (view === 'inspector') inspector ??= import('./inspector/inspector.js')
  else session.start()
  arrange()
})
views.start()
