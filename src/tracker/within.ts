/**
 * Settles with a promise, or rejects after so many milliseconds: no response, no database and no frozen page may keep us
 * waiting for ever. The timer stays when the promise was sooner, and `late` must then do no harm.
 *
 * @param late called after that time
 */
export const within = <T>(ms: number, promise: Promise<T>, late: () => unknown): Promise<T> =>
  Promise.race([promise, new Promise<never>((_, reject) => setTimeout(() => reject(late()), ms))])
