/**
 * Settles with a promise, or rejects after `ms` milliseconds, so that no response, database or frozen page keeps us
 * waiting for ever. The timer is not cleared if the promise settles first, so `late` must then do no harm.
 *
 * @param late called after that time
 */
export const within = <T>(ms: number, promise: Promise<T>, late: () => unknown): Promise<T> =>
  Promise.race([promise, new Promise<never>((_, reject) => setTimeout(() => reject(late()), ms))])
