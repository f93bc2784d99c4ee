/**
 * Reads a property past whatever hides it: `<img name=referrer>` hides `document.referrer`, and a field that is named
 * `getAttribute` hides its form's. A comment that a visitor wrote may contain one.
 */
export const native = <T extends object, Name extends keyof T>(
  type: { prototype: T },
  object: T,
  name: Name,
): T[Name] => Reflect.get(type.prototype, name, object)
