import type { CallQuery, Reading } from '../store/reading.js'
import type { FileFormat } from './file-formats.js'

/**
 * Writes calls as a file, one page of the database at a time: the next page is read when the reader has taken the last
 * one, so that the size of the file makes no difference to memory.
 */
export async function* streamCalls(
  reading: Pick<Reading, 'readCalls'>,
  query: CallQuery,
  { head, row }: FileFormat,
  limit: number,
): AsyncGenerator<string, void> {
  yield head
  let left = limit
  let { after } = query
  while (left > 0) {
    const { calls, next } = await reading.readCalls({
      ...query,
      after,
      limit: Math.min(query.limit, left),
    })
    let text = ''
    for (const call of calls) text += row(call)
    if (text !== '') yield text
    left -= calls.length
    if (next === null) return
    after = next
  }
}
