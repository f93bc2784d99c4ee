import { cpSync } from 'node:fs'
import {
  SyncedNodeFs,
  type EmscriptenNodeFs,
} from '../../../server-reference/src/store/synced-node-fs.js'

/** One change of the database's folder, in the order in which Postgres made it. */
export type DiskChange =
  | { kind: 'create'; path: string; file: number; isFolder: boolean }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'remove'; path: string; isFolder: boolean }
  | { kind: 'truncate'; file: number; size: number }
  | { kind: 'write'; file: number; at: number; data: Buffer }
  | { kind: 'sync'; file: number }

/** A database folder as it was when the recording began, and every change since then. */
export interface Recording {
  /** A copy of the folder. Counts as written to the disk. */
  readonly base: string
  readonly changes: readonly DiskChange[]
  /** The files that were there at the beginning: number to path, relative to the folder. */
  readonly files: ReadonlyMap<number, string>
}

interface Node {
  mode: number
}
interface Stream {
  nfd: number
  node: Node
}

/**
 * Stores files as the server's own file system does, and records every change and every sync.
 *
 * @param syncs false plants the fault that the harness has to find: Postgres asks for a sync, and nothing is synced
 */
export class RecordingFs extends SyncedNodeFs {
  readonly #changes: DiskChange[] = []
  readonly #paths = new Map<string, number>()
  readonly #opened = new Map<number, number>()
  readonly #atBase = new Map<number, string>()
  readonly #syncs: boolean
  #count = 0
  #isRecording = false
  #realPath: (node: Node) => string = () => ''

  constructor(folder: string, syncs = true) {
    super(folder)
    this.#syncs = syncs
  }

  /** Returns the number of recorded changes. */
  get length(): number {
    return this.#changes.length
  }

  /** Copies the folder and begins. Postgres must not be at work at that moment. */
  start(base: string): Recording {
    cpSync(this.rootDir, base, { recursive: true })
    this.#isRecording = true
    for (const [path, file] of this.#paths) this.#atBase.set(file, path)
    return { base, changes: this.#changes, files: this.#atBase }
  }

  protected override extend(nodeFs: EmscriptenNodeFs): void {
    super.extend(nodeFs)
    this.#realPath = (node) =>
      (nodeFs as unknown as { realPath(node: Node): string }).realPath(node)
    this.#watchStreams(nodeFs.stream_ops)
    this.#watchNodes(nodeFs.node_ops)
  }

  #watchStreams(ops: Record<string, unknown>): void {
    // Files that were opened before the recording began stay open: their numbers are needed too.
    after(ops, 'open', (_, stream: Stream) => {
      this.#opened.set(stream.nfd, this.#numberOf(this.#pathOf(stream.node)))
    })
    after(
      ops,
      'write',
      (
        written,
        stream: Stream,
        buffer: Uint8Array,
        offset: number,
        _length: number,
        at: number,
      ) => {
        const data = Buffer.from(buffer.slice(offset, offset + (written as number)))
        this.#record({ kind: 'write', file: this.#opened.get(stream.nfd)!, at, data })
      },
    )
    after(ops, 'setattr', (_, stream: Stream, { size }: { size?: number }) => {
      if (size !== undefined)
        this.#record({ kind: 'truncate', file: this.#opened.get(stream.nfd)!, size })
    })
    const sync = ops['fsync'] as (stream: Stream) => number
    ops['fsync'] = (stream: Stream) => {
      if (!this.#syncs) return 0
      const result = sync(stream)
      this.#record({ kind: 'sync', file: this.#opened.get(stream.nfd)! })
      return result
    }
  }

  #watchNodes(ops: Record<string, unknown>): void {
    after(ops, 'mknod', (created) => {
      const path = this.#pathOf(created as Node)
      const isFolder = ((created as Node).mode & 0o170000) === 0o040000
      this.#record({ kind: 'create', path, file: this.#number(path), isFolder })
    })
    after(ops, 'setattr', (_, node: Node, { size }: { size?: number }) => {
      if (size !== undefined)
        this.#record({ kind: 'truncate', file: this.#numberOf(this.#pathOf(node)), size })
    })
    const rename = ops['rename'] as (node: Node, folder: Node, name: string) => void
    ops['rename'] = (node: Node, folder: Node, name: string) => {
      const from = this.#pathOf(node)
      const to = this.#join(folder, name)
      rename(node, folder, name)
      const file = this.#numberOf(from)
      this.#paths.delete(from)
      this.#paths.set(to, file)
      this.#record({ kind: 'rename', from, to })
    }
    for (const [name, isFolder] of [
      ['unlink', false],
      ['rmdir', true],
    ] as const)
      after(ops, name, (_, folder: Node, entry: string) => {
        const path = this.#join(folder, entry)
        this.#paths.delete(path)
        this.#record({ kind: 'remove', path, isFolder })
      })
  }

  #record(change: DiskChange): void {
    if (this.#isRecording) this.#changes.push(change)
  }

  #pathOf(node: Node): string {
    return this.#realPath(node).slice(this.rootDir.length + 1)
  }

  #join(folder: Node, name: string): string {
    const path = this.#pathOf(folder)
    return path === '' ? name : `${path}/${name}`
  }

  /** Returns a new number for a path: a file that was removed and created again is another file. */
  #number(path: string): number {
    this.#paths.set(path, ++this.#count)
    return this.#count
  }

  #numberOf(path: string): number {
    const known = this.#paths.get(path)
    if (known !== undefined) return known
    const file = this.#number(path)
    // Seen for the first time and not created: it was there before.
    this.#atBase.set(file, path)
    return file
  }
}

/** Calls `then` with the result and the arguments of an operation, after it has succeeded. */
const after = <Args extends unknown[]>(
  ops: Record<string, unknown>,
  name: string,
  then: (result: unknown, ...args: Args) => void,
): void => {
  const operation = ops[name] as (...args: unknown[]) => unknown
  ops[name] = (...args: unknown[]) => {
    const result = operation(...args)
    then(result, ...(args as Args))
    return result
  }
}
