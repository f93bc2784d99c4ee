import type { Database, Role } from '../store/database.js'
import { openEmbedded } from '../store/embedded.js'
import { OTHER_SITE, SITE } from './sign.js'

export interface Statement {
  role: Role
  sql: string
}

/** An embedded database in memory with the two sites, which records what runs as whom. */
export const openTestDatabase = async (): Promise<{
  database: Database
  statements: Statement[]
}> => {
  const inner = await openEmbedded(null)
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
