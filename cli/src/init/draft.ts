import type { FileChange, Insertion, Plan } from './plan.js'
import type { Project } from './project.js'

/** A plan while it is being made. */
export interface Draft {
  readonly project: Project
  /** Plans a new file. If the path is taken, says what has to be in that file instead. */
  create(path: string, text: string): void
  /** Plans additions to a file. If `find` knows no place, says `otherwise`. */
  insert(
    path: string,
    find: (text: string) => readonly Insertion[] | undefined,
    otherwise: string,
  ): void
  byHand(sentence: string): void
  plan(): Plan
}

const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '    ')

/** Creates an empty plan for a project. */
export const createDraft = (project: Project): Draft => {
  const changes: FileChange[] = []
  const byHand: string[] = []
  return {
    project,
    create(path, text) {
      if (!project.has(path)) changes.push({ kind: 'create', path, text })
      else if (project.read(path) !== text)
        byHand.push(`${path} exists already and is left as it is. It needs:\n${indented(text)}`)
    },
    insert(path, find, otherwise) {
      const insertions = find(project.read(path))
      if (insertions) changes.push({ kind: 'insert', path, insertions })
      else byHand.push(otherwise)
    },
    byHand: (sentence) => void byHand.push(sentence),
    plan: () => ({ changes, byHand }),
  }
}
