/**
 * Runs jobs, so many at the same time: most of their time is waiting.
 *
 * @template T
 * @param {T[]} jobs
 * @param {number} width
 * @param {(job: T) => Promise<unknown>} run
 */
export async function inParallel(jobs, width, run) {
  const left = jobs.values()
  const work = async () => {
    for (const job of left) await run(job)
  }
  await Promise.all(Array.from({ length: width }, work))
}
