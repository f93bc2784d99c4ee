/** A value that a database refuses although it passed the schema. It becomes a 400, never a 5xx (contract section 16). */
export class NotStorable extends Error {
  constructor(cause: unknown) {
    super('the database refuses a value', { cause })
    this.name = 'NotStorable'
  }
}
