import { part } from '../element.js'

const STORED = 'opsmantik-console:keys'

/** Returns true for a field, which gets keyboard input first. @param {EventTarget | null} target */
const isField = (target) =>
  target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]')

/**
 * Listens to single keys, which can be switched off: with speech input they fire by accident (WCAG 2.1.4).
 *
 * @param {Record<string, (event: KeyboardEvent) => void>} actions by key
 */
export function listenToKeys(actions) {
  const help = part('help', HTMLDialogElement)
  const enabled = part('keys-enabled', HTMLInputElement)
  enabled.checked = read() !== 'off'
  enabled.addEventListener('change', () => write(enabled.checked ? 'on' : 'off'))

  document.addEventListener('keydown', (event) => {
    const { key, target } = event
    if (document.body.dataset.view !== 'inspector') return
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    // Escape closes a dialog by itself.
    if (help.open && !(key === '?' && enabled.checked)) return
    if (isField(target) && key !== 'Escape') return
    if (key.length === 1 && !enabled.checked) return
    actions[key]?.(event)
  })
}

/** Reads the choice. Storage may be blocked; then it holds for this page only. */
function read() {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

/** @param {string} value */
function write(value) {
  try {
    localStorage.setItem(STORED, value)
  } catch {
    // As above.
  }
}
