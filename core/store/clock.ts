import type { Database } from './database.ts'

/**
 * Time is the database's: leases, due times and stamps are computed in SQL, so that workers whose clocks differ agree.
 * On SQLite a stamp is ISO-8601 text in UTC with milliseconds, which sorts as it should; on Postgres `timestamptz(3)`.
 */
export function now(database: Database): string {
  return database.kind === 'sqlite' ? "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')" : 'clock_timestamp()'
}

/** The stamp that lies `milliseconds` (an SQL expression; may be negative or null) from now. */
export function fromNow(database: Database, milliseconds: string): string {
  return database.kind === 'sqlite'
    ? `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ((${milliseconds}) / 1000.0) || ' seconds')`
    : `clock_timestamp() + (${milliseconds}) * interval '1 millisecond'`
}

/** Milliseconds from now until the stamp in `column`; negative when it has passed. */
export function untilStamp(database: Database, column: string): string {
  return database.kind === 'sqlite'
    ? `CAST(ROUND((julianday(${column}) - julianday('now')) * 86400000) AS INTEGER)`
    : `CAST(ROUND(EXTRACT(EPOCH FROM (${column} - clock_timestamp())) * 1000) AS BIGINT)`
}

/** A stamp as both databases return it. */
export type Stamp = string | Date

/** A stamp as ISO-8601 text in UTC with milliseconds. */
export function isoTime(stamp: Stamp): string
export function isoTime(stamp: Stamp | null): string | null
export function isoTime(stamp: Stamp | null): string | null {
  return stamp instanceof Date ? stamp.toISOString() : stamp
}
