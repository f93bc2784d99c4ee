import { fsyncSync } from 'node:fs'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/** The parts of Emscripten's NODEFS that this file and its tests use. */
export interface EmscriptenNodeFs {
  stream_ops: Record<string, unknown> & { fsync?: (stream: { nfd: number }) => number }
  node_ops: Record<string, unknown>
  /** Runs `operation` and turns an error of Node into the errno that Postgres knows. */
  tryFSOperation<T>(operation: () => T): T
}

/**
 * Stores PGlite's files in a folder and syncs them when Postgres asks for it.
 *
 * Emscripten's NODEFS has no `fsync`, so `fd_sync` reports success without doing anything: a commit survives a killed
 * process, but not a power cut. Postgres opens folders and read-only files for syncing too; Node's `fsyncSync` accepts
 * both on Linux and macOS.
 */
export class SyncedNodeFs extends NodeFS {
  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...args)
    const extend = (module: { NODEFS?: EmscriptenNodeFs }): void => this.extend(module.NODEFS!)
    return {
      emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), extend] },
    }
  }

  /** Adds `fsync` to the operations of open files. Called once, before Postgres opens the first of them. */
  protected extend(nodeFs: EmscriptenNodeFs): void {
    nodeFs.stream_ops.fsync = ({ nfd }) => {
      nodeFs.tryFSOperation(() => fsyncSync(nfd))
      return 0
    }
  }
}

/**
 * Start parameters of Postgres with `fsync` on: PGlite's own without `-F`. Emscripten's `fdatasync` does nothing, so the
 * log is synced with `fsync`.
 */
export const syncedStartParams = (defaults: readonly string[]): string[] => [
  ...defaults.filter((param) => param !== '-F'),
  '-c',
  'wal_sync_method=fsync',
]
