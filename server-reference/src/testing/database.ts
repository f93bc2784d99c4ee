import type { Database, Role } from '../store/database.js'
import { openEmbedded } from '../store/embedded.js'
import { OTHER_SITE, SITE } from './sign.js'

export interface Statement {
  role: Role
  sql: string
}

export interface TestDatabase {
  database: Database
  /** The statements that ran, with their roles. */
  statements: Statement[]
}

/** Opens an embedded database in memory with the two sites. */
export const openTestDatabase = async (): Promise<TestDatabase> =>
  withTestSites(await openEmbedded(null))

/** Adds the two sites, and records what runs as whom. */
export const withTestSites = async (inner: Database): Promise<TestDatabase> => {
  await inner.query('owner', 'insert into public.sites (id, public_id) values ($1, $2), ($3, $4)', [
    SITE.id,
    SITE.publicId,
    OTHER_SITE.id,
    OTHER_SITE.publicId,
  ])
  await inner.query(
    'owner',
    'insert into private.site_secrets (site_id, current_secret) values ($1, $2), ($3, $4)',
    [SITE.id, SITE.secret, OTHER_SITE.id, OTHER_SITE.secret],
  )
  const statements: Statement[] = []
  const database: Database = {
    ...inner,
    query: (role, sql, params) => {
      statements.push({ role, sql })
      return inner.query(role, sql, params)
    },
    batch: (role, sql, items) => {
      statements.push({ role, sql })
      return inner.batch(role, sql, items)
    },
  }
  return { database, statements }
}
