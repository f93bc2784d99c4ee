/**
 * Cuts a stream of bytes into lines, without their ends. The returned function takes the next bytes; it returns false,
 * and takes no more, once a line is longer than `maxBytes`.
 */
export const createLineReader = (
  maxBytes: number,
  onLine: (line: string) => void,
): ((bytes: Buffer) => boolean) => {
  let pieces: Buffer[] = []
  let held = 0
  return (bytes) => {
    let from = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      const line = Buffer.concat([...pieces, bytes.subarray(from, end)])
      pieces = []
      held = 0
      from = end + 1
      if (line.length > maxBytes) return false
      onLine(line.toString().replace(/\r$/, ''))
    }
    const rest = bytes.subarray(from)
    held += rest.length
    if (held > maxBytes) {
      pieces = []
      return false
    }
    if (rest.length > 0) pieces.push(rest)
    return true
  }
}
