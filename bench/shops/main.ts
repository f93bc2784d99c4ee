import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import { answersOf } from './answers.js'
import { generateShops } from './generate.js'
import { loadShops } from './load.js'

const DAY_MS = 86_400_000

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    sites: { type: 'string', default: '5' },
    days: { type: 'string', default: '30' },
    visits: { type: 'string', default: '40' },
    until: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    'time-zone': { type: 'string', default: 'Europe/Istanbul' },
    database: { type: 'string' },
    answers: { type: 'boolean', default: false },
  },
})
const whole = (name: 'seed' | 'sites' | 'days' | 'visits'): number => {
  const n = Number(values[name])
  if (!Number.isSafeInteger(n) || n < 1)
    throw new Error(`--${name}: "${values[name]}" is not a whole number from 1`)
  return n
}
const until = Date.parse(values.until)
if (Number.isNaN(until))
  throw new Error(`--until: "${values.until}" is not a day; expected such as 2026-11-22`)

const days = whole('days')
const shops = generateShops({
  seed: whole('seed'),
  sites: whole('sites'),
  days,
  until,
  visits: whole('visits'),
})

if (values.database !== undefined) {
  // The built server, because only there the folder of its SQL is where it looks for it.
  const server = pathToFileURL(`${process.cwd()}/server-reference/dist/index.js`).href
  const { openEmbedded, openServerDatabase } = (await import(
    server
  )) as typeof import('../../server-reference/src/index.js')
  const database = await (/^postgres(ql)?:/.test(values.database)
    ? openServerDatabase(values.database)
    : openEmbedded(values.database))
  try {
    await loadShops(database, shops)
  } finally {
    await database.close()
  }
}
if (values.answers) {
  const day = (ago: number): string => new Date(until - ago * DAY_MS).toISOString().slice(0, 10)
  const half = Math.floor(days / 2)
  const question = {
    timeZone: values['time-zone'],
    from: day(half),
    to: day(1),
    before: day(2 * half),
  }
  const answers = shops.shops.map((shop) => ({
    site: shop.name,
    ...answersOf(shops, { ...question, siteId: shop.id }),
  }))
  console.log(JSON.stringify({ ...question, answers }, null, 2))
} else {
  const { visits, calls } = shops
  console.log(
    `${shops.shops.length} shops, ${days} days, ${visits.length} visits, ${calls.length} calls`,
  )
  for (const { name, id, token } of shops.shops) console.log(`${name}  site ${id}  token ${token}`)
}
