/** Returns the time of a UUID version 7, in milliseconds since the epoch. */
export const timeOf = (id: string): number => parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
