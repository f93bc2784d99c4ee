// Each fault is injected for real, under load, and has a ledger: events sent, acknowledged, and found afterwards.
import { afterAll, afterEach, beforeAll } from 'vitest'
import { clientFaults } from './client-faults.js'
import { commitFaults } from './commit-faults.js'
import { diskFaults } from './disk-faults.js'
import { printTable } from './ledger.js'
import { postgresFaults } from './postgres-faults.js'
import { redisFaults } from './redis-faults.js'
import { openScene, type Scene } from './scene.js'
import { serverFaults } from './server-faults.js'

let opened: Scene
const scene = (): Scene => opened

beforeAll(async () => {
  // It builds the server, which takes long on a busy machine.
  opened = await openScene()
}, 180_000)
afterEach(() => opened.stopServers())
afterAll(async () => {
  printTable()
  await opened?.close()
})

serverFaults(scene)
postgresFaults(scene)
redisFaults(scene)
commitFaults(scene)
clientFaults(scene)
diskFaults(scene)
