import type { SharedRedis } from './shared-redis.js'

/**
 * Returns what `work` resolves to, or `otherwise()` once the request has waited for the store as long as it may. A first
 * wait needs no timer of its own: the store's patience ends it.
 *
 * @param waitedMs milliseconds for which this request has already waited for the store
 */
export const withinPatience = <T>(
  { patienceMs }: Pick<SharedRedis, 'patienceMs'>,
  waitedMs: number,
  work: Promise<T>,
  otherwise: () => T | Promise<T>,
): Promise<T> => {
  if (waitedMs <= 0) return work
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(otherwise()), Math.max(patienceMs - waitedMs, 0))
    void work.then((result) => {
      clearTimeout(late)
      resolve(result)
    })
  })
}
