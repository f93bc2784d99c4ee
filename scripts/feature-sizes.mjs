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
const views = [['build.ts', 'VIEWS = true', 'VIEWS = false']]
/** @type {Edit[]} */
const signing = [['build.ts', 'SIGNED = true', 'SIGNED = false']]
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
    [start, "else if (outcome.status !== 'queued') sendView(unseal(session.load('view')))", ''],
    [start, "session.save('view', seal(body))", ''],
  ],
  'signed mode': signing,
  'retry and outbox: what one request without memory would not need': [
    [
      start,
      /const delivery = createDelivery[^]*?\n {2}\)\n/,
      'const delivery = { run() {}, clear() {}, freed() {}, deliver: (id, text, signing) => transport.send(url, unseal(text), true, signing) }',
    ],
  ],
  '… of it, the database': [
    [start, '(allowed ? database(change) : Promise.reject())', 'Promise.reject()'],
  ],
  '… of it, the inbox': [
    [delivery, /for \(const id of inbox\.keys\(\)\) \{[^]*?\n {4}\}\n/, ''],
    [delivery, 'if (running) inbox.save(id, text)', ''],
    [delivery, /inbox\.drop\(id\)\n/, ''],
    [delivery, 'inbox.drop(eventId)', ''],
  ],
  '… of it, bounds': [[delivery, /now\(\) - timeOf\(id\) > OUT[^]*?'full'/, "''"]],
  '… of it, Retry-After': [['retry.ts', /const asked = .*/, 'const asked = 0']],
  '… of it, rare retries after a refused configuration': [
    ['retry.ts', /if \(failures < 0\)[^]*?\n {4}\)\n/, ''],
    [delivery, /fault === 'configuration'[^]*?\+ 1\n/, 'entry.failures + 1\n'],
  ],
  'checksum of what is stored': [
    ['seal.ts', 'hash(text) + text', 'text'],
    ['seal.ts', /const text = [^]*?''\n/, "return '' + sealed\n"],
  ],
  'four in flight, abort, lingering': [
    ['transport.ts', /await Promise\.race\([^]*?\]\)\n/, 'await exchange().catch(() => {})\n'],
    [delivery, ' && taken() < REQUESTS_MAX - 1', ''],
    [delivery, 'isStarved = taken() >= REQUESTS_MAX', ''],
  ],
  consent: [
    [start, /let allowed = .*/, 'const allowed = true'],
    [start, /consent\(granted\) \{[^]*?\n {4}\},\n/, ''],
  ],
  'Global Privacy Control': [[start, /const isPrivate =[^]*?'ignore'/, 'const isPrivate = false']],
  'link → intent and target': [['intent.ts', "linkIntent(attribute(node, 'href') || '')", 'false']],
  'preparing at pointer-down': [
    [start, "if (event.type === 'pointerdown') prepared = [key, prepare(intent)]\n    else ", ''],
    [
      start,
      /const \[its, ready\] = [^]*?: prepare\(intent\)\),\n {6}\)/,
      'delivery.deliver(...prepare(intent))',
    ],
  ],
  'stamp and its hash': [['event.ts', /intent_stamp: \[[^]*?join\('-'\),/, '']],
  'ad click ids': [[start, /const ads = .*/, 'const ads = () => ({})']],
  'values and ids that do not fit': [
    [
      'event.ts',
      /for \(const name of Object\.keys\(ids\)\).*/,
      'Object.assign(event, ids, { value })',
    ],
    ['event.ts', /try \{[^]*?\n {2}\}\n {2}return/, 'return'],
    ['identity.ts', 'if (fits(id)) ids[name] = id', 'if (id) ids[name] = id'],
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
    ['storage.ts', 'memory[key] = value\n', ''],
    ['storage.ts', 'delete memory[key]\n      })', '})'],
    ['storage.ts', 'delete memory[key]\n', ''],
    ['storage.ts', /Object\.keys\(memory\)\.concat\(\s*([^]*?),\n {6}\),/, '$1,'],
  ],
  debug: [
    [start, /if \(read\('debug'\).*/, ''],
    [start, "log(outcome, fault ? 'wrong: ' + fault : '')", ''],
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
