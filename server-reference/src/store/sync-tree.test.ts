import {
  fstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { syncTree } from './sync-tree.js'

it('syncs every file and folder of a tree, then the tree’s entry in the folder above it; links are left alone', () => {
  const above = mkdtempSync(join(tmpdir(), 'opsmantik-sync-'))
  try {
    const tree = join(above, 'tree')
    mkdirSync(join(tree, 'base', '1'), { recursive: true })
    writeFileSync(join(tree, 'base', '1', 'file'), 'x')
    writeFileSync(join(tree, 'PG_VERSION'), '18')
    symlinkSync('nowhere', join(tree, 'link'))
    const synced: number[] = []
    syncTree(tree, (descriptor) => synced.push(fstatSync(descriptor).ino))
    const inodes = ['tree/base', 'tree/base/1', 'tree/base/1/file', 'tree/PG_VERSION', 'tree', '.']
    expect(new Set(synced)).toEqual(new Set(inodes.map((path) => statSync(join(above, path)).ino)))
    expect(synced.at(-1)).toBe(statSync(above).ino)
  } finally {
    rmSync(above, { recursive: true })
  }
})
