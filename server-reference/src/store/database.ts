/** Who a statement runs as. `owner` migrates and manages sites; no request ever runs as that. */
export type Role = 'anon' | 'service_role' | 'owner'

/** One place where statements run: the embedded database, or a pool of connections. */
export interface Database {
  query<Row>(role: Role, sql: string, params?: readonly unknown[]): Promise<Row[]>
  /**
   * A statement about many items, which it takes as one JSON text (`$1::json`). It is planned once for each connection,
   * so there may only be few different ones.
   */
  batch<Row>(role: Role, sql: string, items: readonly unknown[]): Promise<Row[]>
  /** Several statements without parameters, all or none of them. */
  script(sql: string): Promise<void>
  close(): Promise<void>
}

/** SQLSTATE of an error of Postgres, if it is one. */
export const sqlState = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && /^[\dA-Z]{5}$/.test(code) ? code : undefined
}

/** Something about this row's values: data (22), constraint (23), or a limit of the program (54). */
export const isRowFault = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '')
