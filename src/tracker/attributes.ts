import { native } from './native.js'
import type { Read } from './options.js'

/** Returns a function that reads the `data-ops-*` attributes of an element. */
export const reader =
  (element: Element): Read =>
  (name) =>
    native(Element, element, 'getAttribute').call(element, 'data-ops-' + name)
