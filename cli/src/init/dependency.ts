import type { Draft } from './draft.js'
import type { Answers, Insertion } from './plan.js'

const NAME = '@opsmantik/tracker'

/** Returns the insertions that make package.json name the tracker, without touching its other characters. */
const find =
  (spec: string) =>
  (text: string): Insertion[] | undefined => {
    const entry = `"${NAME}": ${JSON.stringify(spec)}`
    const list = /^([ \t]+)"dependencies"\s*:\s*\{(\s*\})?/m.exec(text)
    const open = text.indexOf('{')
    const indent = /\{\s*\n([ \t]+)"/.exec(text)?.[1] ?? '  '
    const insertion = list
      ? {
          at: text.indexOf('{', list.index) + 1,
          text: list[2] === undefined ? `\n${indent}${indent}${entry},` : ` ${entry} `,
        }
      : {
          at: open + 1,
          text: `\n${indent}"dependencies": {\n${indent}${indent}${entry}\n${indent}},`,
        }
    const after = text.slice(0, insertion.at) + insertion.text + text.slice(insertion.at)
    try {
      return JSON.parse(after).dependencies[NAME] === spec ? [insertion] : undefined
    } catch {
      return undefined
    }
  }

/** Plans the tracker as a dependency of the project. */
export const putDependency = (draft: Draft, { trackerSpec }: Answers): void => {
  if (draft.project.dependsOn(NAME)) return
  draft.insert('package.json', find(trackerSpec), `Install the tracker: npm install ${NAME}`)
}
