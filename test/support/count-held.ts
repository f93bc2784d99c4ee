import type { Page } from 'playwright-core'

/**
 * Returns how many events a page's tracker keeps on the device, in its inbox (localStorage) and its outbox (IndexedDB).
 *
 * @param prefix what the names of the tracker's keys and of its database begin with
 */
export const countHeld = (page: Page, prefix: string): Promise<number> =>
  page.evaluate(async (name) => {
    const ids = new Set(
      Object.keys(localStorage).filter((key) => new RegExp(`^${name}[\\da-f-]{36}$`).test(key)),
    )
    const databases = await indexedDB.databases()
    if (!databases.some((database) => database.name === name)) return ids.size
    const stored = await new Promise<string>((resolve, reject) => {
      const opening = indexedDB.open(name)
      opening.addEventListener('error', () => reject(opening.error))
      opening.addEventListener('success', () => {
        const database = opening.result
        const reading = database.transaction(name).objectStore(name).get(name)
        reading.addEventListener('success', () => {
          database.close()
          resolve((reading.result as string | undefined) ?? '000000{}')
        })
      })
    })
    // Six characters of checksum, then the entries by id.
    for (const id of Object.keys(JSON.parse(stored.slice(6)) as object)) ids.add(name + id)
    return ids.size
  }, prefix)
