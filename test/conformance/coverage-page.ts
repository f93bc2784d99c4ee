import { COVERAGE, type LookedAt } from './coverage-map.js'

/** One sentence or table row of the contract. */
export interface Sentence {
  section: number
  text: string
}

/** Section 15 is the configuration of the reference server; that server's own tests have it. */
const OWN_TESTS = 15
const RULE = /^\|[\s|:-]+\|$/
/** The table of codes, which another test compares with src/contract/codes.ts. */
const CODE = /^\| (Code \||`[A-Z_]+` \| \d{3} \|)/
const CAPTION = /^\*\*[^*]*\*\*$/
const NOT_YET = /^_Not yet\b/

/** Returns only the letters, digits and meaningful signs, so that emphasis, links and table layout do not matter. */
const bare = (text: string): string =>
  text.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[\s|\\*`]/g, '')

const sectionsOf = (contract: string): { number: number; title: string; blocks: string[] }[] =>
  contract
    .split(/^## (?=\d)/m)
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split(/^## /m)[0]!.split('\n')
      return {
        number: Number.parseInt(title),
        title,
        blocks: lines
          .join('\n')
          .split(/\n(?=\s*(?:[-|]|\d+\.\s))|\n\n/)
          .map((block) => block.replaceAll(/\s+/g, ' ').trim())
          .filter((block) => block !== '' && !RULE.test(block) && !CODE.test(block)),
      }
    })
    .filter(({ number }) => number !== OWN_TESTS)

/** The paragraphs after "_Not yet …_", up to the next caption, are in the contract and not in this version. */
const built = (blocks: readonly string[]): string[] => {
  let isBuilt = true
  return blocks.filter((block) => {
    if (NOT_YET.test(block)) isBuilt = false
    else if (CAPTION.test(block)) isBuilt = true
    return isBuilt && !CAPTION.test(block)
  })
}

/** Reads the sentences and table rows of the contract that an implementation is judged by. */
export const sentencesOf = (contract: string): Sentence[] =>
  sectionsOf(contract).flatMap(({ number, blocks }) =>
    built(blocks)
      .flatMap((block) =>
        block.startsWith('|')
          ? [block.replace(/^\|\s*|\s*\|$/g, '').replaceAll(/\s+(?<!\\)\|\s+/g, ' | ')]
          : block.replace(/^(-|\d+\.)\s+/, '').split(/(?<=[.;])\s+(?=[A-Z`*\d(])/),
      )
      .map((text) => ({ section: number, text })),
  )

/** Returns the entries of the map whose beginning this sentence has, the longest one first. */
export const entriesFor = ({ section, text }: Sentence): [beginning: string, by: LookedAt][] =>
  Object.entries(COVERAGE[section] ?? {})
    .filter(([beginning]) => bare(text).startsWith(bare(beginning)))
    .toSorted(([a], [b]) => b.length - a.length)

const lookedAt = (by: Exclude<LookedAt, null> | undefined): string =>
  by === undefined
    ? '**missing**'
    : typeof by === 'string'
      ? by
          .split(', ')
          .map((id) => `\`${id}\``)
          .join(', ')
      : `Not seen from outside: ${by.unseen}`

/** Writes docs/conformance-coverage.md. */
export const coveragePage = (contract: string): string => {
  const sentences = sentencesOf(contract)
  const sections = sectionsOf(contract).map(({ number, title, blocks }) => {
    const lines = sentences
      .filter(({ section }) => section === number)
      .flatMap((sentence) => {
        const by = entriesFor(sentence)[0]?.[1]
        return by === null ? [] : [`- ${sentence.text}\\\n  → ${lookedAt(by)}`]
      })
    if (blocks.some((block) => NOT_YET.test(block)))
      lines.push('', 'Paragraphs that begin with "Not yet" are left out here.')
    return [`## ${title}`, '', ...lines, ''].join('\n')
  })
  return [
    '# What the kit sees of the contract',
    '',
    '<!-- Generated: `npx vitest run test/conformance/coverage.test.ts -u`. The mapping is test/conformance/coverage-map.ts. -->',
    '',
    'Every sentence of [contract.md](contract.md) with the checks that look at it, or with the reason why it cannot be seen',
    'from outside. Section 15 is the configuration of the reference server, which that server’s own tests cover.',
    '',
    ...sections,
  ].join('\n')
}
