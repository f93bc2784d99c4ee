import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { anchorsIn, isAway, linksIn, slugify, titleOf } from '../../website/links.mjs'
import { isGenerated, ROOT, sources, targetOf } from '../../website/stage.mjs'

const read = (source: string): string => readFileSync(join(ROOT, source), 'utf8')

/** Returns the dead links of a page, as the page writes them. */
const deadIn = (source: string, text: string): string[] =>
  linksIn(text)
    .map(({ href }) => href)
    .filter((href) => !isAway(href) && !isGenerated(source, href))
    .filter((href) => {
      const target = targetOf(source, href)
      if (!target) return true
      if (target.anchor === '') return false
      const folder = statSync(join(ROOT, target.source)).isDirectory()
      const page = folder ? `${target.source}/README.md` : target.source
      return !anchorsIn(page === source ? text : read(page)).has(target.anchor)
    })

test.each(sources())('every link of %s leads to a file and a heading that are there', (source) => {
  expect(deadIn(source, read(source))).toEqual([])
})

test.each(sources())('%s has a title', (source) => {
  expect(titleOf(read(source))).toMatch(/\w/)
})

describe('the reader of links', () => {
  test('sees a file that is not there, a heading that is not there, and a way out of the repository', () => {
    const text = '# A\n\n[a](no.md) [b](#b) [c](contract.md#no) [d](../../../etc/passwd)'
    expect(deadIn('docs/x.md', text)).toEqual([
      'no.md',
      '#b',
      'contract.md#no',
      '../../../etc/passwd',
    ])
  })
  test('leaves code, comments and other places alone', () => {
    const text =
      '`[a](no.md)` <!-- [b](no.md) --> [c](https://x.example)\n\n```md\n[d](no.md)\n```\n'
    expect(deadIn('docs/x.md', text)).toEqual([])
  })
  test('makes anchors as GitHub does', () => {
    expect(slugify('2. Origins: one policy for HTTP and WebSocket')).toBe(
      '2-origins-one-policy-for-http-and-websocket',
    )
    expect([...anchorsIn('# A `b`, c\n## Same\n## Same\n')]).toEqual(['a-b-c', 'same', 'same-1'])
  })
})
