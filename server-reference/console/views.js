import { part } from './element.js'

/** @typedef {'calls' | 'setup' | 'inspector'} View */

/** @type {View[]} */
const VIEWS = ['calls', 'setup', 'inspector']
/** The Inspector names its open event in the fragment: `#event=…`. */
const EVENT = /^#event=/

/**
 * Switches between the views of the page. The fragment names the view, so that a link, Back and a reload lead to it.
 * The markup of the Inspector is absent in production, and with it the link.
 *
 * @param {(view: View) => void} onShow called with each view that is shown, the first one too
 */
export function createViews(onShow) {
  const isHere = (/** @type {View} */ view) => document.getElementById(`${view}-view`) !== null
  /** The view of an address without a fragment. @type {View} */
  let usual = isHere('inspector') ? 'inspector' : 'calls'

  function current() {
    if (EVENT.test(location.hash) && isHere('inspector')) return 'inspector'
    return VIEWS.find((view) => location.hash === `#${view}` && isHere(view)) ?? usual
  }

  function show() {
    const view = current()
    document.body.dataset.view = view
    for (const one of VIEWS) {
      const link = /** @type {HTMLElement} */ (
        part('views', HTMLElement).querySelector(`a[href="#${one}"]`)
      )
      link.hidden = !isHere(one)
      if (one === view) link.setAttribute('aria-current', 'page')
      else link.removeAttribute('aria-current')
    }
    onShow(view)
  }

  let shown = /** @type {View | undefined} */ (undefined)
  const showIfOther = () => {
    if (current() === shown) return
    shown = current()
    show()
  }
  addEventListener('hashchange', showIfOther)
  return {
    current,
    start: showIfOther,
    /** Changes the view of an address that names none. @param {View} view */
    prefer(view) {
      usual = view
      showIfOther()
    },
  }
}
