import { section, type Check } from '../check.js'
import { expectRefusal, expectStatus } from '../expect.js'
import { expectIssue } from './issues.js'
import { NOT_NUMERIC, NUMERIC } from './numbers.js'
import { randomFingerprint, type Server } from './server.js'

/** The texts of section 10. */
const TEXTS: readonly { name: string; min: number; max: number; isNullable?: true }[] = [
  { name: 'u', min: 0, max: 2_048 },
  { name: 'sid', min: 1, max: 128 },
  { name: 'ec', min: 1, max: 64 },
  { name: 'ea', min: 1, max: 64 },
  { name: 'el', min: 0, max: 512, isNullable: true },
  { name: 'r', min: 0, max: 2_048, isNullable: true },
]
/** As much of 4,096 bytes as leaves room for the white space of a server that writes JSON with some. */
const META_BYTES = 4_064
const FINGERPRINT_MAX = 128

const taken = async (server: Server, fields: object, why: string): Promise<void> =>
  expectStatus(await server.sync(server.view(fields)), 200, why)

const refused = async (
  server: Server,
  fields: object,
  field: string,
  why: string,
): Promise<void> => {
  const answer = await server.sync(server.view(fields))
  expectRefusal(answer, 400, 'INVALID_BODY', why)
  expectIssue(answer, field, why)
}

/** Section 10: what each field of a page event may hold, row by row. */
export const syncFields: Check<Server>[] = section(10, [
  {
    id: 'sync.lengths',
    title: 'Each text may be as long as section 10 says in code points, and not longer',
    cause: 'Columns with other lengths, lengths in bytes or in UTF-16, or text that is cut.',
    async run(server) {
      for (const [kind, char] of [
        ['of one byte', 'x'],
        ['of two bytes', 'ş'],
        ['of four bytes', '😀'],
      ] as const) {
        const fields = TEXTS.map(({ name, max }) => [name, char.repeat(max)])
        await taken(
          server,
          Object.fromEntries(fields),
          `every text at its full length in characters ${kind}`,
        )
      }
      for (const { name, max } of TEXTS)
        for (const char of ['x', '😀'])
          await refused(
            server,
            { [name]: char.repeat(max + 1) },
            name,
            `${name} of ${max + 1} characters`,
          )
      await refused(server, { s: 'x'.repeat(65) }, 's', 's of 65 characters')
    },
  },
  {
    id: 'sync.empty-texts',
    title: 'u, el and r may be empty; sid, ec and ea may not',
    cause: 'One minimum for all texts.',
    async run(server) {
      await taken(server, { u: '', el: '', r: '' }, 'u, el and r empty')
      for (const { name, min } of TEXTS)
        if (min > 0) await refused(server, { [name]: '' }, name, `${name}: ""`)
    },
  },
  {
    id: 'sync.types',
    title: 'A field of another type is 400 INVALID_BODY and named',
    cause: 'Values are turned into text instead of being checked.',
    async run(server) {
      for (const { name } of [...TEXTS, { name: 's' }, { name: 'sm' }, { name: 'event_id' }])
        for (const value of [5, true, ['x'], {}])
          await refused(server, { [name]: value }, name, `${name}: ${JSON.stringify(value)}`)
    },
  },
  {
    id: 'sync.null',
    title: 'el, ev and r may be null; event_id and the required fields may not',
    cause: 'null is refused everywhere, or read as absent everywhere.',
    async run(server) {
      for (const name of ['el', 'ev', 'r']) await taken(server, { [name]: null }, `${name}: null`)
      for (const name of ['s', 'u', 'sid', 'sm', 'ec', 'ea', 'event_id'])
        await refused(server, { [name]: null }, name, `${name}: null`)
    },
  },
  {
    id: 'sync.value',
    title: 'ev is a finite number, a numeric string of at most 64 characters or null',
    cause: 'Only numbers are taken, or whatever the language’s own conversion takes.',
    async run(server) {
      for (const ev of NUMERIC) await taken(server, { ev }, `ev: ${JSON.stringify(ev)}`)
      for (const ev of NOT_NUMERIC) await refused(server, { ev }, 'ev', `ev: ${JSON.stringify(ev)}`)
    },
  },
  {
    id: 'sync.months',
    title: 'sm may be any month of the years 0001 to 9999, and no other',
    cause: 'Partitions that exist for this year only, or a date type with another range.',
    async run(server) {
      for (const sm of ['0001-01-01', '1999-12-01', '2000-02-01', '9999-12-01'])
        await taken(server, { sm }, `sm: ${sm}`)
      for (const sm of ['0000-01-01', '10000-01-01', '-001-01-01', '२०२६-01-01', ' 2026-01-01'])
        await refused(server, { sm }, 'sm', `sm: ${JSON.stringify(sm)}`)
    },
  },
  {
    id: 'sync.meta',
    title: 'meta may have 4,096 bytes, and its fp 128 characters',
    cause: 'A smaller limit, or one that counts characters where a visitor’s name has an umlaut.',
    async run(server) {
      for (const char of ['x', 'ş']) {
        const fp = randomFingerprint()
        const bytes = new TextEncoder().encode(JSON.stringify({ fp, x: '' })).length
        const size = new TextEncoder().encode(char).length
        const rest = META_BYTES - bytes
        const x = char.repeat(Math.floor(rest / size)) + 'x'.repeat(rest % size)
        await taken(server, { meta: { fp, x } }, `meta of ${META_BYTES} bytes`)
      }
      const fp = randomFingerprint().padEnd(FINGERPRINT_MAX, '😀')
      await taken(
        server,
        { meta: { fp: [...fp].slice(0, FINGERPRINT_MAX).join('') } },
        `meta.fp of ${FINGERPRINT_MAX} characters`,
      )
      for (const wrong of ['', 'x'.repeat(FINGERPRINT_MAX + 1)]) {
        const why = `meta.fp of ${wrong.length} characters`
        await refused(server, { meta: { fp: wrong } }, 'fp', why)
      }
    },
  },
])
