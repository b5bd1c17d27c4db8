import { type Database, rowsOf } from './database.ts'

/** How much there is of what, at this moment, over all processes. */
export interface Counts {
  /** Calls by status. */
  readonly calls: Readonly<Record<string, number>>
  /** Runs that are not settled, by status. */
  readonly runs: Readonly<Record<string, number>>
  /** Deliveries by status. */
  readonly deliveries: Readonly<Record<string, number>>
  readonly workers: number
  /** Recordings that were deleted at Twilio since the beginning. */
  readonly deletedAtTwilio: number
  /** Recordings that were erased here since the beginning. */
  readonly erased: number
}

/** Counts by SQL, so that they are the same whichever process is asked, and outlive all of them. */
export async function countAll(database: Database): Promise<Counts> {
  const [calls, runs, deliveries, workers, ends] = await Promise.all([
    byStatus(database, 'SELECT status, COUNT(*) AS number FROM call_log GROUP BY status'),
    byStatus(database, `SELECT status, COUNT(*) AS number FROM run WHERE status <> 'settled' GROUP BY status`),
    byStatus(database, `SELECT status, COUNT(*) AS number FROM run_stage WHERE phase = 'final' GROUP BY status`),
    rowsOf<{ number: number | string }>(database, 'SELECT COUNT(*) AS number FROM worker'),
    rowsOf<{ deleted: number | string; erased: number | string }>(
      database,
      'SELECT COUNT(deleted_at) AS deleted, COUNT(erased_at) AS erased FROM recording',
    ),
  ])
  return {
    calls,
    runs,
    deliveries,
    workers: Number(workers[0]?.number ?? 0),
    deletedAtTwilio: Number(ends[0]?.deleted ?? 0),
    erased: Number(ends[0]?.erased ?? 0),
  }
}

async function byStatus(database: Database, sql: string): Promise<Readonly<Record<string, number>>> {
  const rows = await rowsOf<{ status: string; number: number | string }>(database, sql)
  return Object.fromEntries(rows.map(({ status, number }) => [status, Number(number)]))
}
