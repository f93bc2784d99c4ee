/** Returns the time of a UUID version 7, in milliseconds since the epoch. */
export const timeOf = (id: string): number => parseInt(id.replace('-', ''), 16)
