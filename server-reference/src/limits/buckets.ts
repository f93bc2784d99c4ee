/** Maximum number of buckets that a process remembers: it asks Redis again for a forgotten one. */
const MAX_BUCKETS = 50_000
/** Milliseconds by which two replies about one window may disagree about its end, because their latencies differ. */
const SAME_WINDOW_MS = 30_000

/** This process's knowledge of a shared bucket. */
export interface Bucket {
  /** Its key in Redis. */
  readonly key: string
  /** The site or address that it belongs to: the hash tag of its key. */
  readonly owner: string
  /** The count in the last reply of Redis. */
  count: number
  /** Counted here since, and not yet heard back from Redis. */
  own: number
  /** The part of `own` that has not been sent yet. */
  held: number
  /** Counts of requests that wait for a reply. */
  asked: number
  /** On the clock of `performance.now()`. Unknown until the first reply, which is the same as ended. */
  ends: number
  /** True while it is in the list of what is sent next. */
  isListed: boolean
  /** Commands on their way that contain it and that no request waits for. */
  sent: number
}

/** Creates the memory of what Redis has reported about shared buckets. */
export const createBuckets = (
  max: number = MAX_BUCKETS,
): {
  /** Returns the bucket, creating one that is unknown if there is none. */
  at(key: string, owner: string): Bucket
  /** Forgets everything: after an outage other processes have counted on, or Redis has. */
  forget(): void
} => {
  let buckets = new Map<string, Bucket>()
  return {
    at: (key, owner) => {
      const known = buckets.get(key)
      if (known !== undefined) return known
      const bucket: Bucket = {
        key,
        owner,
        count: 0,
        own: 0,
        held: 0,
        asked: 0,
        ends: -Infinity,
        isListed: false,
        sent: 0,
      }
      buckets.set(key, bucket)
      if (buckets.size > max) buckets.delete(buckets.keys().next().value!)
      return bucket
    },
    forget: () => {
      // A request may still hold one of them.
      for (const bucket of buckets.values()) bucket.ends = -Infinity
      buckets = new Map()
    },
  }
}

/** Notes what Redis replies about a bucket. */
export const hear = (bucket: Bucket, count: number, resetMs: number, now: number): void => {
  const ends = now + resetMs
  // Replies over HTTP may overtake each other, and a count only grows within its window.
  const isSameWindow = ends < bucket.ends + SAME_WINDOW_MS
  bucket.count = isSameWindow ? Math.max(bucket.count, count) : count
  bucket.ends = ends
}
