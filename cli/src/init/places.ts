import type { Insertion } from './plan.js'

/** Returns the insertion of a whole line before the line of `at`, indented like that line plus `deeper`. */
export const lineBefore = (text: string, at: number, line: string, deeper = ''): Insertion => {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const indent = /^[ \t]*/.exec(text.slice(start, at))![0]
  // Something else stands before it on the same line: the insertion has no line of its own.
  if (text.slice(start, at).trim() !== '') return { at, text: line }
  return { at: start, text: `${indent}${deeper}${line}\n` }
}

/** Returns the insertion of an import: before the first import, or after directives such as 'use client'. */
export const importLine = (text: string, line: string): Insertion => {
  const first = /^import\b/m.exec(text)
  if (first) return { at: first.index, text: `${line}\n` }
  const directives = /^(?:\s*(?:'use \w+'|"use \w+");?[ \t]*\n|#![^\n]*\n)*/.exec(text)![0]
  return { at: directives.length, text: `${line}\n` }
}

/** Returns the offset behind the parenthesis that closes the one at `open`; strings are skipped. */
const closeOf = (text: string, open: number): number | undefined => {
  let depth = 0
  let quote = ''
  for (let at = open; at < text.length; at++) {
    const char = text[at]!
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (`'"\``.includes(char)) quote = char
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at + 1
  }
  return undefined
}

/**
 * Returns the place behind `const app = express()`, and the name of the variable. `call` matches what is called, up to
 * and without its parenthesis.
 */
export const afterAssignment = (
  text: string,
  call: string,
): { at: number; name: string } | undefined => {
  const found = new RegExp(
    `^(?:export\\s+)?(?:const|let|var)\\s+(\\w+)(?:\\s*:[^=\\n]+)?\\s*=\\s*(?:${call})\\s*(?:<[^\\n(]*>)?\\(`,
    'm',
  ).exec(text)
  if (!found) return undefined
  const end = closeOf(text, found.index + found[0].length - 1)
  if (end === undefined) return undefined
  // A chain such as `new Hono().get(…)` goes on: behind it is no place that a pattern could know.
  const rest = /^;?[ \t]*(?:\/\/[^\n]*)?(?:\n|$)(?!\s*\.)/.exec(text.slice(end))?.[0]
  if (rest === undefined) return undefined
  return { at: end + rest.length, name: found[1]! }
}

/** Returns insertions in the order of their places. */
export const inOrder = (...insertions: Insertion[]): Insertion[] =>
  insertions.toSorted((a, b) => a.at - b.at)
