/**
 * Reads a property of the document past elements of that name: `<img name=referrer>` hides `document.referrer`, and a
 * comment that a visitor wrote may contain one.
 */
export const documentProperty = <Name extends keyof Document>(name: Name): Document[Name] =>
  Reflect.get(Document.prototype, name, document)
