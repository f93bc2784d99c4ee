/** The tables with partitions (sql/0005_partitions.sql). */
export const PARTITIONED = ['calls', 'sync_events'] as const
