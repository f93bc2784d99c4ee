import { element } from './element.js'

/** The Inspector is in English; the other views say it in the reader's language. */
const ENGLISH = { copied: 'Copied', notCopied: 'Not copied: select it below' }

/** Long enough to be read. */
const SAID = 2_000

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Only a secure context has a clipboard; a console at a local network address is not one.
    const field = document.createElement('textarea')
    field.value = text
    const dialog = document.activeElement?.closest('dialog')
    ;(dialog ?? document.body).append(field)
    field.select()
    const done = document.execCommand('copy')
    field.remove()
    if (!done) throw new Error('no clipboard')
  }
}

/**
 * @param {string} label
 * @param {() => string} text asked for when it is pressed
 */
export function copyButton(label, text, said = ENGLISH) {
  const button = element('button', 'copy', label)
  button.setAttribute('type', 'button')
  button.addEventListener('click', async () => {
    const focused = document.activeElement
    const outcome = await copy(text()).then(
      () => said.copied,
      () => said.notCopied,
    )
    if (focused instanceof HTMLElement) focused.focus()
    button.textContent = outcome
    setTimeout(() => (button.textContent = label), SAID)
  })
  return button
}
