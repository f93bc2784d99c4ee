/** Returns an attribute, or null: a field that is named `getAttribute` hides its form's method of that name. */
export const attribute = (element: Element, name: string): string | null =>
  Element.prototype.getAttribute.call(element, name)

/** Returns a function that reads the `data-ops-*` attributes of an element. */
export const reader =
  (element: Element) =>
  (name: string): string | null =>
    attribute(element, 'data-ops-' + name)
