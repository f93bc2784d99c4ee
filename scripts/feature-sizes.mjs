// Builds dist/core.js without each feature in turn and prints what that saves, for docs/decisions/size.md.
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { resolve } from 'node:path'
import { rollup } from 'rollup'
import ts from 'typescript'
import { smallest } from '../rollup.config.mjs'

/** @typedef {[file: string, find: string | RegExp, replace: string]} Edit */

const start = 'start.ts'
const delivery = 'delivery.ts'
/** @type {Edit[]} */
const views = [['../contract/build.ts', 'VIEWS = true', 'VIEWS = false']]
/** @type {Edit[]} */
const signing = [['../contract/build.ts', 'SIGNED = true', 'SIGNED = false']]
/** @type {Record<string, Edit[]>} */
const features = {
  'signed mode and page views: what core.proxy.js has not': [...signing, ...views],
  'page views, history, drops': views,
  '… of these, watching history': [
    [start, 'if (VIEWS && syncUrl) watchHistory(wake, listening.signal)', ''],
  ],
  '… of these, counting drops': [
    [start, /if \(outcome\.status === 'dropped'[^]*?\} else if/, 'if'],
  ],
  '… of these, sending a lost one again': [
    [start, "else if (outcome.status !== 'queued') void sendView()", ''],
  ],
  'signed mode': signing,
  'retry and outbox: what one request without memory would not need': [
    [
      start,
      /const \[deliver, flush\] = createDelivery[^]*?\n {2}\)\n/,
      'const flush = () => {}; const deliver = (id, text, signing) => send(text, true, signing)\n',
    ],
  ],
  '… of it, the database': [[start, 'createDatabase(prefix)', '() => Promise.reject()']],
  '… of it, the inbox': [
    [delivery, /for \(const id of inbox\.keys\(\)\) \{[^]*?\n {6}\}\n/, ''],
    [delivery, 'inbox.save(id, entry)', ''],
    [delivery, /for \(const id of Object\.keys\(moved\)\)\n[^\n]*\n/, ''],
    [delivery, /for \(const id of Object\.keys\(moved\)\) if [^\n]*\n/, ''],
  ],
  '… of it, bounds': [[delivery, /now - timeOf\(id\) > OUT[^]*?'full'/, "''"]],
  '… of it, Retry-After': [['retry.ts', /const asked = .*/, 'const asked = 0']],
  '… of it, rare retries after a refused configuration': [
    ['retry.ts', /failures < 0[^]*?\n {4}: asked/, 'asked'],
    [delivery, /fault === 'path'.*/, 'f + 1'],
  ],
  'checksum of what is stored': [
    ['seal.ts', 'hash(text) + text', 'text'],
    ['seal.ts', /const value: unknown[^]*?&& value/, 'return JSON.parse(sealed)'],
  ],
  'four in flight, abort, lingering': [
    ['transport.ts', /within\(REQUEST[^]*?\}\)\n/, 'exchange()\n'],
    [delivery, ' && taken() < REQUESTS_MAX - 1', ''],
    [delivery, ' || taken() >= REQUESTS_MAX', ''],
  ],
  consent: [
    [start, /let allowed = .*/, 'const allowed = true'],
    [start, /consent\(granted\) \{[^]*?\n {4}\},\n/, ''],
  ],
  'Global Privacy Control': [[start, /const isPrivate =[^]*?'ignore'/, 'const isPrivate = false']],
  'link → intent and target': [['intent.ts', "linkIntent(attribute(node, 'href')!)", 'false']],
  'preparing at pointer-down': [
    [start, "if (event.type === 'pointerdown') prepared[key] = prepare(intent)\n      else ", ''],
    [start, /isOf\(PREPARED_MAX_MS[^]*?: prepare\(intent\)/, 'prepare(intent)'],
  ],
  'stamp and its hash': [['event.ts', /intent_stamp: \[[^]*?join\('-'\),/, '']],
  'ad click ids': [[start, /const ads = .*/, 'const ads = () => ({})']],
  'values and ids that do not fit': [
    ['event.ts', /fitting\(clickId\) .*/, 'clickId,'],
    ['event.ts', /value:\s+quietly[^]*?value\),\n/, 'value,'],
    ['identity.ts', 'fitting(id)', 'true'],
  ],
  'names that hide what is the document’s or a form’s': [
    ['document-property.ts', 'Reflect.get(Document.prototype, name, document)', 'document[name]'],
    [
      'attributes.ts',
      'Element.prototype.getAttribute.call(element, name)',
      'element.getAttribute(name)',
    ],
  ],
  'memory if storage refuses': [
    ['storage.ts', 'memory[key] || ', ''],
    ['storage.ts', /memory\[key\] = value.*/, ''],
    ['storage.ts', '= memory[key]', '= seal(value)'],
    ['storage.ts', 'delete memory[key]\n', ''],
    ['storage.ts', /Object\.keys\(memory\)\.concat\(\s*([^]*?),\n {6}\),/, '$1,'],
  ],
  debug: [
    [start, /if \(read\('debug'\).*/, ''],
    [start, /if \(given != null\).*/, ''],
    [start, /log\(\s+outcome,[^]*?\n {4}\)\n/, ''],
  ],
  'own devices': [
    [start, /if \(fragment !== [^\n]*\n[^\n]*/, "return ''"],
    [start, 'isOwn()\n      own.save(IGNORE, is)', ''],
  ],
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
            const changed = code.replace(find, replace)
            if (changed !== code) left.delete(edit)
            code = changed
          }
          const target = ts.ScriptTarget.ES2021
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
