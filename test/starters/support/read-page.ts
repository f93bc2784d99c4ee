import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A block of code on a page of docs/start. */
export interface PageBlock {
  readonly language: string
  readonly text: string
  /** The file that the line above names in backticks, if the block is that file's content. */
  readonly file: string | undefined
  /** Whether it starts a server, which does not end by itself. */
  readonly staysRunning: boolean
}

const SERVER = /npx (?:(?:@opsmantik\/)?reference-server|vite)\s*$/
const BLOCK = /^( *)```(\w+)\n([\s\S]*?)^\1```$/gm

/** Returns a page's blocks of code in their order. */
export const readPage = (name: string): PageBlock[] => {
  const path = fileURLToPath(new URL(`../../../docs/start/${name}.md`, import.meta.url))
  const text = readFileSync(path, 'utf8')
  let end = 0
  return [...text.matchAll(BLOCK)].map(
    ([all, indent = '', language = '', code = ''], at, found) => {
      const start = found[at]!.index
      const above = text.slice(end, start).trimEnd().split('\n\n').at(-1) ?? ''
      end = start + all.length
      return {
        language,
        text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        file: /^`([\w.-]+)`/.exec(above)?.[1],
        staysRunning: language === 'sh' && SERVER.test(code),
      }
    },
  )
}
