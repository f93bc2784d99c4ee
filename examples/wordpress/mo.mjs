/** A string of a .po file, over one line or several. */
const ENTRY = /^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)/gm

/** @param {string} lines @returns {string} */
const unquote = (lines) =>
  [...lines.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text)).join('')

/** Reads a translation without plurals and contexts, which the plugin does not use. @param {string} po @returns {Map<string, string>} */
export const readPo = (po) =>
  new Map([...po.matchAll(ENTRY)].map(([, id = '', text = '']) => [unquote(id), unquote(text)]))

/**
 * Compiles a translation to the format that WordPress loads (GNU gettext, .mo, revision 0).
 *
 * @param {string} po
 * @returns {Buffer}
 */
export const mo = (po) => {
  // The format is searched by halving: sorted by bytes.
  const entries = [...readPo(po)]
    .map((pair) => pair.map((text) => Buffer.from(text)))
    .toSorted(([a], [b]) => Buffer.compare(/** @type {Buffer} */ (a), /** @type {Buffer} */ (b)))
  const HEAD_BYTES = 28
  const columnBytes = entries.length * 8
  const tablesEnd = HEAD_BYTES + 2 * columnBytes
  const head = Buffer.alloc(tablesEnd)
  // Magic number, revision, number of strings, the two tables, and an empty hash table: WordPress takes its address for the
  // end of the second table.
  const facts = [0x950412de, 0, entries.length, HEAD_BYTES, HEAD_BYTES + columnBytes, 0, tablesEnd]
  facts.forEach((fact, at) => head.writeUInt32LE(fact, at * 4))
  /** @type {Buffer[]} */
  const parts = [head]
  let offset = head.length
  for (const column of [0, 1])
    entries.forEach((pair, row) => {
      const text = /** @type {Buffer} */ (pair[column])
      const at = HEAD_BYTES + column * columnBytes + row * 8
      head.writeUInt32LE(text.length, at)
      head.writeUInt32LE(offset, at + 4)
      parts.push(text, Buffer.from([0]))
      offset += text.length + 1
    })
  return Buffer.concat(parts)
}
