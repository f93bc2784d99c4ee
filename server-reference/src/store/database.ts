/** The role as which a statement runs. `owner` migrates and manages sites; no request ever runs as `owner`. */
export type Role = 'anon' | 'service_role' | 'owner'

/** Runs statements: on the embedded database, or on a pool of connections. */
export interface Database {
  query<Row>(role: Role, sql: string, params?: readonly unknown[]): Promise<Row[]>
  /**
   * Runs a statement about many items, which it takes as one JSON text (`$1::json`). It is planned once for each
   * connection, so there may only be few different ones.
   *
   * @param items the items, or their list as JSON already
   */
  batch<Row>(role: Role, sql: string, items: readonly unknown[] | string): Promise<Row[]>
  /** Runs several statements without parameters, all or none of them. */
  script(sql: string): Promise<void>
  close(): Promise<void>
}
