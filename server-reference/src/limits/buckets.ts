/** Maximum number of buckets that a process remembers: it asks Redis again for a forgotten one. */
const MAX_BUCKETS = 50_000
/** Milliseconds by which two replies about one window may disagree about its end, because their latencies differ. */
const SAME_WINDOW_MS = 30_000

/** This process's knowledge of a shared bucket. */
export interface Bucket {
  /** The count in the last reply of Redis. */
  count: number
  /** Counted here since, and not yet heard back from Redis. */
  own: number
  /** On the clock of `performance.now()`. */
  ends: number
}

/** Creates the memory of what Redis has reported about shared buckets. */
export const createBuckets = (
  now: () => number = () => performance.now(),
  max: number = MAX_BUCKETS,
): {
  /** Returns the bucket, if its window has not ended. */
  known(key: string): Bucket | undefined
  hear(key: string, count: number, resetMs: number): void
  /** Forgets everything: after an outage other processes have counted on, or Redis has. */
  forget(): void
} => {
  const buckets = new Map<string, Bucket>()
  return {
    known: (key) => {
      const bucket = buckets.get(key)
      return bucket !== undefined && now() < bucket.ends ? bucket : undefined
    },
    hear: (key, count, resetMs) => {
      const ends = now() + resetMs
      const bucket = buckets.get(key)
      if (bucket === undefined) {
        buckets.set(key, { count, own: 0, ends })
        if (buckets.size > max) buckets.delete(buckets.keys().next().value!)
        return
      }
      // Replies over HTTP may overtake each other, and a count only grows within its window.
      const isSameWindow = ends < bucket.ends + SAME_WINDOW_MS
      bucket.count = isSameWindow ? Math.max(bucket.count, count) : count
      bucket.ends = ends
    },
    forget: () => buckets.clear(),
  }
}
