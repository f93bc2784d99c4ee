import type { Result } from '../conformance/index.js'
import type { Values } from './conformance-options.js'
import { patternsOf } from './usage.js'

/** The findings of a run, before it is judged. */
export interface Ran {
  target: string
  results: Result[]
  traces?: string
  requests?: number
}

const progress = (result: Result, done: number, all: number): void => {
  if (!process.stderr.isTTY) return
  const line = `${done}/${all} ${result.id}`
  process.stderr.write(`\r\u001b[2K${done === all ? '' : line}`)
}

/** Returns the options that every kind of run has. */
export const runOptions = (values: Values, atOnce?: number) => ({
  only: patternsOf(values.only),
  skip: patternsOf(values.skip),
  onResult: progress,
  atOnce,
})
