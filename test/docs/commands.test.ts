import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { main } from '../../cli/src/main.js'
import { ROOT } from '../../website/stage.mjs'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const scripts: Record<string, string> = JSON.parse(read('package.json')).scripts
const bins: Record<string, string>[] = ['cli/package.json', 'server-reference/package.json'].map(
  (path) => JSON.parse(read(path)).bin,
)
const PACKAGES = ['', 'server-reference/', 'testing/', 'cli/'].map((at) => `${at}package.json`)
/** Commands of the user's own machine, with nothing of ours in them. */
const OTHERS =
  /^(export|cd|mkdir|curl|grep)\b|^npm (ci|init -y|pack)$|^npx (vite|vitest|playwright)\b/
const SERVER = /^npx (?:@opsmantik\/)?reference-server(?: site add --name \S+)?$/

const pages = readdirSync(join(ROOT, 'docs/start'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/start/${name}`)

/** Returns the commands of a page, a line each, without their environment variables. */
const commandsOf = (text: string): string[] =>
  [...text.matchAll(/^( *)```sh\n([\s\S]*?)^\1```/gm)]
    .map(([, , block = '']) => block.replaceAll(/\\\n/g, ' '))
    .flatMap((block) => block.split(/\n|&&|\|/))
    .map((line) => line.trim().replace(/^(?:[A-Z_]+=\S+\s+)+/, ''))
    .filter((line) => line !== '')

const helpOf = async (command: string): Promise<string> => {
  const { write } = process.stdout
  let said = ''
  process.stdout.write = (text) => {
    said += String(text)
    return true
  }
  try {
    await main([command, '--help'])
  } finally {
    process.stdout.write = write
  }
  return said
}

/** Returns why a command cannot be run unchanged, or an empty text. */
const flawOf = async (line: string): Promise<string> => {
  const words = line.split(/\s+/)
  const [program, first = '', second = ''] = words
  if (OTHERS.test(line)) return ''
  if (SERVER.test(line)) return bins[1]!['reference-server'] ? '' : 'no reference-server'
  if (program === 'npm' && first === 'run') return scripts[second] ? '' : `no script ${second}`
  if (program === 'npm' && first === 'install') {
    const own = words.slice(2).filter((word) => word.includes('opsmantik'))
    const known = PACKAGES.map((path) => JSON.parse(read(path)).name)
    return own.every((word) => known.includes(word)) ? '' : `not ${own}`
  }
  if (program === 'node')
    return bins.some((bin) => Object.values(bin).some((at) => first.endsWith(at.slice(2)))) ||
      existsSync(join(ROOT, first))
      ? ''
      : `no file ${first}`
  if (program === 'npx' && bins[0]![first]) {
    const help = await helpOf(second)
    if (help === '') return `no command ${second}`
    const unknown = words.filter(
      (word) => word.startsWith('--') && !help.includes(`${word} `) && !help.includes(`${word}\n`),
    )
    return unknown.length ? `${second} has no ${unknown}` : ''
  }
  return `not understood: ${line}`
}

test.each(pages)(
  'every command of %s is one that there is, with options that it has',
  async (page) => {
    const flaws = await Promise.all(commandsOf(read(page)).map(flawOf))
    expect(flaws.filter(Boolean)).toEqual([])
  },
)

test('the pages have commands, and a command that there is not is seen', async () => {
  expect(pages.flatMap((page) => commandsOf(read(page))).length).toBeGreaterThan(20)
  const wrong = [
    'npm run no',
    'npx opsmantik heal',
    'npx opsmantik doctor --orgin x',
    'node no.mjs',
    'opsmantik',
  ]
  expect((await Promise.all(wrong.map(flawOf))).filter(Boolean)).toHaveLength(wrong.length)
})
