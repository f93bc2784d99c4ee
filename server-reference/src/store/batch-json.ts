/** Returns the items of a batch as one JSON text. */
export const batchJson = (items: readonly unknown[] | string): string =>
  typeof items === 'string' ? items : JSON.stringify(items)
