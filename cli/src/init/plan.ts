/** Text that goes into a file at an offset, in UTF-16 units of the file as it is. */
export interface Insertion {
  readonly at: number
  readonly text: string
}

/** One change to the project. A file is created or added to, never overwritten. */
export type FileChange =
  | { readonly kind: 'create'; readonly path: string; readonly text: string }
  | { readonly kind: 'insert'; readonly path: string; readonly insertions: readonly Insertion[] }

export interface Plan {
  readonly changes: readonly FileChange[]
  /** Sentences about what `init` cannot do itself, each with the lines that are needed. */
  readonly byHand: readonly string[]
}

/** The values that are written into the files. */
export interface Answers {
  readonly siteId: string
  readonly consoleUrl: string
  readonly secret?: string | undefined
  /** What npm is asked for: a version range, a tarball or a folder. */
  readonly trackerSpec: string
}
