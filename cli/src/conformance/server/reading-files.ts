import { must, section, type Check } from '../check.js'
import { asObject, type Exchange } from '../../probe/exchange.js'
import { expectStatus } from '../expect.js'
import { csvRows } from './csv-rows.js'
import { askCalls, isSameId, readUntil, record } from './read-calls.js'
import type { Server } from './server.js'

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/
/** A number is no formula. */
const NEGATIVE = /^-\d+(\.\d+)?$/
const BEGINNINGS = ['=', '+', '-', '@', '\t', '\r', '=cmd|', '"=', ',', '"', '\n', "'", '']

const expectFile = (answer: Exchange, type: string): void => {
  expectStatus(answer, 200, type)
  const said = answer.headers.get('content-type') ?? 'missing'
  must(said.toLowerCase().startsWith(type), `Content-Type should be ${type}, is ${said}`, answer)
}

const query = (server: Server): Record<string, string | number> => ({
  site: server.siteId,
  from: server.now() * 1_000 - 60_000,
})

/** No cell is a formula, in whatever column. */
const expectSafe = (rows: string[][], answer: Exchange): void => {
  const unsafe = rows.flat().find((cell) => FORMULA.test(cell) && !NEGATIVE.test(cell))
  must(
    unsafe === undefined,
    `a cell begins with ${JSON.stringify(unsafe?.[0])}, which a spreadsheet computes: ${JSON.stringify(unsafe?.slice(0, 80))}`,
    answer,
  )
}

/** Section 17: recorded calls as files. */
export const readingFiles: Check<Server>[] = section(17, [
  {
    id: 'read.calls-ndjson',
    title: 'Accept: application/x-ndjson returns a call a line',
    cause: 'The header is not looked at, or the list is one line.',
    async run(server) {
      const id = await record(server, {})
      const linesOf = ({ text }: Exchange): string[] => text.split('\n').filter(Boolean)
      const answer = await readUntil(
        () => askCalls(server, query(server), { Accept: 'application/x-ndjson' }),
        (one) => linesOf(one).some((line) => isSameId(asObject(line)['call_id'], id)),
        `a line of JSON with call_id ${String(id)}`,
      )
      expectFile(answer, 'application/x-ndjson')
      for (const line of linesOf(answer))
        must(
          asObject(line)['call_id'] !== undefined,
          `each line should be a call as JSON, one is ${line.slice(0, 120)}`,
          answer,
        )
    },
  },
  {
    id: 'read.calls-csv',
    title: 'Accept: text/csv returns a file (RFC 4180) whose cells are no formulas',
    cause:
      'Values are joined with commas as they came: a press on a prepared link runs a formula in the owner’s spreadsheet.',
    async run(server) {
      const marker = crypto.randomUUID().replaceAll('-', '')
      const targets = BEGINNINGS.map((beginning, at) => `${beginning}${marker}${at}x,"y"`)
      for (const intent_target of targets)
        await record(server, {
          intent_target,
          intent_action: '=1+1',
          intent_page_url: `@${marker}`,
        })
      const read = (): Promise<Exchange> => askCalls(server, query(server), { Accept: 'text/csv' })
      const count = ({ text }: Exchange): number =>
        targets.filter((_, at) => text.includes(`${marker}${at}x`)).length
      const answer = await readUntil(
        read,
        (one) => count(one) === targets.length,
        `a file with ${targets.length} calls that were just recorded`,
      )
      expectFile(answer, 'text/csv')
      const rows = csvRows(answer.text)
      expectSafe(rows, answer)
      const width = rows[0]?.length ?? 0
      const uneven = rows.find((row) => row.length !== width)
      must(
        !uneven,
        `each row should have ${width} cells as the first has, one has ${uneven?.length}: ${JSON.stringify(uneven)?.slice(0, 200)}`,
        answer,
      )
      for (const target of targets) {
        const cell = rows.flat().find((one) => one.replace(/^'/, '') === target.replace(/^'/, ''))
        must(
          cell !== undefined || /^[\r\n\t]/.test(target),
          `a cell should hold ${JSON.stringify(target)}, with an apostrophe before it at most`,
          answer,
        )
      }
    },
  },
  {
    id: 'read.calls-google-ads',
    title: 'format=google-ads has the calls that carry a click id of Google, and no others',
    cause: 'Every call is exported: the upload is refused, or calls count that no ad brought.',
    async run(server) {
      const marker = crypto.randomUUID().replaceAll('-', '')
      const own = await Promise.all(
        ['gclid', 'gbraid', 'wbraid'].map(async (name): Promise<[string, unknown]> => [
          name,
          await record(server, { [name]: `${name}_${marker}`, intent_target: '=1+1' }),
        ]),
      )
      const without = await record(server, { intent_target: `none ${marker}` })
      const answer = await readUntil(
        () => askCalls(server, { ...query(server), format: 'google-ads' }),
        ({ text }) => own.every(([name]) => text.includes(`${name}_${marker}`)),
        'a row for each call with a gclid, gbraid or wbraid',
      )
      expectFile(answer, 'text/csv')
      const rows = csvRows(answer.text)
      expectSafe(rows, answer)
      must(
        !answer.text.includes(String(without)),
        `call ${String(without)}, which has no click id, is in the file`,
        answer,
      )
      const head = rows.findIndex((row) => row.includes('Google Click ID'))
      const names = rows[head] ?? []
      for (const name of ['Google Click ID', 'Conversion Name', 'Conversion Time'])
        must(
          names.includes(name),
          `a column should be called ${name}; they are ${names.join(', ')}`,
          answer,
        )
      const row = rows.find((one) => one.includes(`gclid_${marker}`)) ?? []
      must(
        row[names.indexOf('Google Click ID')] === `gclid_${marker}`,
        `the gclid should be in the column Google Click ID, the row is ${JSON.stringify(row)}`,
        answer,
      )
      const time = row[names.indexOf('Conversion Time')] ?? ''
      must(
        /^[\d/-]{8,10}[ T]\d{1,2}:\d\d/.test(time),
        `Conversion Time should be a date and time, is ${JSON.stringify(time)}`,
        answer,
      )
    },
  },
])
