import { quietly } from './quietly.js'

/** Returns an attribute, or nothing: the document, the window and shadow roots have none, and a field that is named `getAttribute` hides its form's method of that name. */
export const attribute = (element: Element, name: string): string | null | undefined =>
  quietly(() => Element.prototype.getAttribute.call(element, name))

/** Returns a function that reads the `data-ops-*` attributes of an element. */
export const reader =
  (element: Element) =>
  (name: string): string | null | undefined =>
    attribute(element, 'data-ops-' + name)
