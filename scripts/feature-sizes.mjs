// Builds dist/core.js without each feature in turn and prints what that saves, for docs/decisions/size.md.
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { resolve } from 'node:path'
import { rollup } from 'rollup'
import ts from 'typescript'
import { smallest } from '../rollup.config.mjs'

/** @typedef {[file: string, find: string | RegExp, replace: string]} Edit */

const start = 'start.ts'
/** @type {Record<string, Edit[]>} */
const features = {
  'page views, history, drops': [
    [start, /const here = address[^]*?\n {4}\}\)\n/, ''],
    [start, 'if (syncUrl) watchHistory(wake, listening.signal)', ''],
    [start, /if \(outcome\.status === 'dropped'[^]*?\n {4}\}/, ''],
    [start, "const syncUrl = read('sync-url')", ''],
    [start, "let seen = ''", ''],
    [start, 'page: () => wake(true),', ''],
  ],
  '… of these, watching history': [
    [start, 'if (syncUrl) watchHistory(wake, listening.signal)', ''],
  ],
  '… of these, counting drops': [
    [start, /if \(outcome\.status === 'dropped'[^]*?\n {4}\}/, ''],
    [start, "local.load('drops'),", 'undefined,'],
    [start, "if (status === 200) local.drop('drops')", ''],
  ],
  'signed mode': [
    [start, /const signer = [^]*?\|\| 0\)\)/, 'const signer = () => undefined'],
    [start, /correct: .*/, 'correct() {},'],
    [start, "(mode === 'signed' ? ' pointerdown' : '')", "''"],
    [start, "if (event.type === 'pointerdown') prepared[key] = prepare(intent)\n    else ", ''],
    [start, 'prepared[key] || ', ''],
    [start, 'delete prepared[key]', ''],
    ['mode.ts', /: \(read\('secret'\)[^]*?'https'\n/, ": ''"],
    ['mode.ts', /: absolute\(read\('console-url'\).*/, ": ''"],
    ['delivery.ts', /if \(serverTs\) \{[^]*?\n {4}\}/, ''],
    [
      '../contract/outcome.ts',
      /return code === 'SIG[^]*?: \{ status: 'dropped'/,
      "return { status: 'dropped'",
    ],
    ['transport.ts', 'signing ? await signing : {}', '{}'],
  ],
  '… of it, signing when the pointer goes down': [
    [start, "(mode === 'signed' ? ' pointerdown' : '')", "''"],
    [start, "if (event.type === 'pointerdown') prepared[key] = prepare(intent)\n    else ", ''],
    [start, 'prepared[key] || ', ''],
    [start, 'delete prepared[key]', ''],
  ],
  '… of it, learning the clock': [
    [start, /correct: .*/, 'correct() {},'],
    [start, /Date\.now\(\) \+ \(session.*/, 'Date.now())'],
    ['delivery.ts', /if \(serverTs\) \{[^]*?\n {4}\}/, ''],
    [
      '../contract/outcome.ts',
      /return code === 'SIG[^]*?: \{ status: 'dropped'/,
      "return { status: 'dropped'",
    ],
  ],
  'retry and outbox: what one request without memory would not need': [
    [
      start,
      /const delivery = createDelivery[^]*?\n {2}\}\)\n/,
      'const delivery = { run() {}, deliver: (id, body, signing) => send(url, body, true, signing) }',
    ],
  ],
  consent: [
    [start, /let allowed = .*/, 'const allowed = true'],
    [start, /consent\(granted\) \{[^]*?\n {4}\},/, ''],
    ['delivery.ts', /put\(entry, 0\)\n.*/, ''],
  ],
  'Global Privacy Control': [[start, /const isPrivate =[^]*?'ignore'/, 'const isPrivate = false']],
  'link → intent and target': [
    ['intent.ts', "linkIntent(node.getAttribute('href') || '')", 'false'],
  ],
  'stamp and its hash': [['event.ts', /intent_stamp: \[[^]*?join\('-'\),/, '']],
  'ad click ids': [[start, /const ads = .*/, 'const ads = () => ({})']],
  'memory where storage refuses': [
    ['storage.ts', 'memory[key] || ', ''],
    ['storage.ts', 'memory[key] = JSON.stringify(value)\n', ''],
    [
      'storage.ts',
      'ask()![prefix + key] = memory[key]\n        delete memory[key]',
      'ask()![prefix + key] = JSON.stringify(value)',
    ],
    ['storage.ts', 'delete memory[key]\n      quietly(() => delete', 'quietly(() => delete'],
    [
      'storage.ts',
      /\.\.\.new Set\([^]*?\n {6}\),/,
      '...(quietly(() => Object.keys(ask()!).flatMap((key) => key.split(prefix)[1] || [])) || []),',
    ],
  ],
  debug: [[start, /if \(read\('debug'\).*/, '']],
  'calls before the script has loaded': [['../core.ts', /for \(const \[method[^]*?words\)\)/, '']],
}

const sizeWithout = async (/** @type {Edit[]} */ edits) => {
  const left = new Set(edits)
  const bundle = await rollup({
    input: 'src/core.ts',
    onwarn() {},
    plugins: [
      {
        name: 'without',
        resolveId: (id, from) =>
          from ? resolve(from, '..', id).replace(/js$/, 'ts') : resolve(id),
        load(id) {
          let code = readFileSync(id, 'utf8')
          for (const edit of edits) {
            const [file, find, replace] = edit
            if (id !== resolve('src/tracker', file)) continue
            const changed = code.replace(find, () => replace)
            if (changed !== code) left.delete(edit)
            code = changed
          }
          const target = ts.ScriptTarget.ES2019
          return ts.transpileModule(code, { compilerOptions: { target, module: 99 } }).outputText
        },
      },
      smallest,
    ],
  })
  const { output } = await bundle.generate({ format: 'iife', strict: false })
  for (const [file, find] of left) throw new Error(`${file} does not hold ${find}`)
  return brotliCompressSync(output[0].code).length
}

const whole = await sizeWithout([])
console.log(whole, 'bytes of brotli with everything; without')
for (const [name, edits] of Object.entries(features))
  console.log(String(whole - (await sizeWithout(edits))).padStart(5), name)
