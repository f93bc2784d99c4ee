import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'

for (const name of ['core.js', 'core.proxy.js']) {
  const script = readFileSync(new URL(`../dist/${name}`, import.meta.url))
  const size = brotliCompressSync(script).length.toLocaleString('en')
  const hash = createHash('sha384').update(script).digest('base64')
  console.log(`dist/${name} ${size} B brotli, integrity sha384-${hash}`)
}
