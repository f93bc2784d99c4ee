import { quietly } from './quietly.js'

/**
 * Returns an attribute's value, or nothing. The document, the window and shadow roots have no attributes, and a field
 * named `getAttribute` hides its form's method of that name.
 */
export const attribute = (element: Element, name: string): string | null | undefined =>
  quietly(() => Element.prototype.getAttribute.call(element, name))

/** Returns a function that reads the `data-ops-*` attributes of an element. */
export const reader =
  (element: Element) =>
  (name: string): string | null | undefined =>
    attribute(element, 'data-ops-' + name)
