import type { FileChange, Plan } from './plan.js'

const SECRET_LINE = /^(\s*OPS_SECRET=).+/gm

const lines = (text: string, sign: string): string =>
  text
    .replace(/^\n|\n$/g, '')
    .replaceAll(SECRET_LINE, '$1(the secret)')
    .replaceAll(/^/gm, `    ${sign} `)

const showChange = (change: FileChange): string =>
  change.kind === 'create'
    ? `  create ${change.path}\n${lines(change.text, '+')}`
    : `  add to ${change.path}\n${change.insertions.map(({ text }) => lines(text, '+')).join('\n')}`

/** Returns the plan as text: every file with every line that it gets. The secret is not shown. */
export const showPlan = ({ changes, byHand }: Plan): string =>
  [
    ...changes.map(showChange),
    ...(byHand.length > 0 ? ['  by hand:', ...byHand.map((sentence) => `  - ${sentence}`)] : []),
  ].join('\n') + '\n'
