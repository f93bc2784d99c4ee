import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, start, type Running } from '../../examples/support/run.js'
import { readPage, type PageBlock } from './read-page.js'

/** A reader who does what a page of docs/start says, block by block, in an empty folder. */
export interface PageReader {
  readonly folder: string
  /**
   * Does the next block: writes the file, runs the commands to their end, or leaves them running.
   *
   * @returns what the commands printed, or the block's text
   */
  next(): Promise<string>
  /** Takes the next block without doing anything with it. */
  take(): PageBlock
  /** Ends the command that was left running last, as Ctrl-C does. */
  end(): Promise<void>
  /** Returns how many blocks are left. */
  left(): number
  close(): Promise<void>
}

export interface FollowOptions {
  /** Replacements for words of the page, such as a free port. */
  readonly instead?: Readonly<Record<string, string>>
  readonly env?: Record<string, string>
}

/** An installation, or a server's first start, on a machine that does something else too. */
const LIMIT_MS = 240_000
/** Recognises the line that the reference server and Vite print once they respond. */
const READY = (stdout: string): boolean => /ready(?:: http| in )/.test(stdout)

/** Opens a page of docs/start in an empty folder. */
export const follow = (page: string, { instead = {}, env = {} }: FollowOptions): PageReader => {
  const folder = mkdtempSync(join(tmpdir(), `opsmantik-${page}-`))
  const blocks = readPage(page).map((block) => ({
    ...block,
    text: Object.entries(instead).reduce(
      (text, [shown, meant]) => text.replaceAll(shown, meant),
      block.text,
    ),
  }))
  const running: Running[] = []
  let exported = ''
  const take = (): PageBlock => {
    const block = blocks.shift()
    if (!block) throw new Error(`${page}.md has no further block`)
    return block
  }
  return {
    folder,
    take,
    left: () => blocks.length,
    async next() {
      const block = take()
      if (block.file) writeFileSync(join(folder, block.file), block.text)
      else if (block.language !== 'sh')
        throw new Error(`${page}.md: nobody says what to do with\n${block.text}`)
      else {
        const words = ['-euo', 'pipefail', '-c', exported + block.text]
        exported += (block.text.match(/^export .*$/gm) ?? []).map((line) => `${line}\n`).join('')
        if (!block.staysRunning) return run('bash', words, folder, env, LIMIT_MS)
        running.push(await start('bash', words, folder, env, READY, LIMIT_MS))
      }
      return block.text
    },
    end: async () => running.pop()?.stop(),
    async close() {
      for (const one of running.splice(0)) await one.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
