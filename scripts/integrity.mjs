import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'

const script = readFileSync(new URL('../dist/core.js', import.meta.url))
const size = brotliCompressSync(script).length.toLocaleString('en')
const hash = createHash('sha384').update(script).digest('base64')
console.log(`dist/core.js ${size} B brotli, integrity sha384-${hash}`)
