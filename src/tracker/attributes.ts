import type { Read } from './options.js'

/** Reads the `data-ops-*` attributes of an element. */
export const reader =
  (element: Element): Read =>
  (name) =>
    element.getAttribute('data-ops-' + name)

/** The script element that loaded us: the first that carries our attribute, since only one copy runs on a page. */
export const ownScript = (): HTMLScriptElement | null =>
  document.querySelector('[data-ops-site-id]')
