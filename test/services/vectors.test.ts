import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findProgram } from './programs.mjs'

const EXAMPLES = fileURLToPath(new URL('../../examples/vectors', import.meta.url))
const VECTORS = fileURLToPath(new URL('../../src/contract/vectors.json', import.meta.url))

const LANGUAGES: [string, () => [string, string[]]][] = [
  ['PHP', () => [findProgram('php', 'php-cli'), ['verify.php']]],
  ['Python', () => [findProgram('python3', 'python3'), ['verify.py']]],
  ['Go', () => [findProgram('go', 'golang-go'), ['run', 'verify.go']]],
  [
    'shell and OpenSSL',
    () => {
      findProgram('jq', 'jq')
      findProgram('openssl', 'openssl')
      return [findProgram('bash', 'bash'), ['verify.sh']]
    },
  ],
]

const verify = ([program, words]: [string, string[]], vectors: string): [number, string] => {
  try {
    return [0, execFileSync(program, [...words, vectors], { cwd: EXAMPLES, encoding: 'utf8' })]
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string }
    return [status, stdout]
  }
}

test.each(LANGUAGES)('the vectors hold in %s', (_, command) => {
  expect(verify(command(), VECTORS)).toEqual([0, '10 signatures and 13 stamps, 0 wrong\n'])
})

test.each(LANGUAGES)('a wrong vector is seen in %s', (_, command) => {
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8'))
  vectors.signatures[1].body += ' '
  const file = join(tmpdir(), `opsmantik-vectors-${process.pid}.json`)
  writeFileSync(file, JSON.stringify(vectors))
  const [status, said] = verify(command(), file)
  expect(status).toBe(1)
  expect(said).toContain(`wrong: ${vectors.signatures[1].name}`)
})
