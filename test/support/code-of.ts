import { readFileSync } from 'node:fs'

/** Returns the first block of code below a heading of a page of docs/, without the indentation of a list. */
export const codeOf = (page: string, heading: string, language: string): string => {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const at = text.indexOf(`# ${heading}\n`)
  const block = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, 'm').exec(
    text.slice(at),
  )
  if (at < 0 || !block) throw new Error(`${page} has no ${language} below "${heading}"`)
  return block[2]!.replaceAll(new RegExp(`^${block[1]}`, 'gm'), '')
}
