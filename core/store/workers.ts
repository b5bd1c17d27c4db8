import { fromNow, isoTime, now, type Stamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'

export interface WorkerIdentity {
  readonly id: string
  readonly host: string
  readonly pid: number
}

/** Says that the worker is alive; makes its row where there is none (also when a sweeper has removed it meanwhile). */
export async function heartbeat(database: Database, worker: WorkerIdentity): Promise<void> {
  const stamp = now(database)
  await rowsOf(
    database,
    `INSERT INTO worker (id, host, pid, started_at, heartbeat_at) VALUES (?, ?, ?, ${stamp}, ${stamp})
     ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
    [worker.id, worker.host, worker.pid],
  )
}

/** The worker leaves: whatever it may still hold is free at once. */
export async function leave(database: Database, workerId: string): Promise<void> {
  await rowsOf(database, 'DELETE FROM worker WHERE id = ?', [workerId])
  await freeRuns(database, 0)
}

/**
 * Frees the runs of workers that have not been heard of for `leaseMs`. Returns how many. Never those of `asking`: who
 * asks is alive, even when it has stalled for longer than that since its last heartbeat.
 */
export async function freeRuns(database: Database, leaseMs: number, asking?: string): Promise<number> {
  const stamp = now(database)
  const freed = await rowsOf(
    database,
    `UPDATE run SET owner = NULL, status = 'queued', due_at = ${stamp}
     WHERE owner IS NOT NULL ${asking === undefined ? '' : 'AND owner <> ?'} AND NOT EXISTS (
       SELECT 1 FROM worker WHERE worker.id = run.owner ${
         leaseMs > 0 ? `AND worker.heartbeat_at > ${fromNow(database, '-CAST(? AS double precision)')}` : ''
       }) RETURNING id`,
    [...(asking === undefined ? [] : [asking]), ...(leaseMs > 0 ? [leaseMs] : [])],
  )
  if (leaseMs > 0)
    await rowsOf(
      database,
      `DELETE FROM worker WHERE heartbeat_at < ${fromNow(database, '-CAST(? AS double precision)')}`,
      [leaseMs * 4],
    )
  return freed.length
}

/** The workers that are alive, and how many runs each holds. */
export async function workers(
  database: Database,
): Promise<
  readonly (WorkerIdentity & { readonly startedAt: string; readonly heartbeatAt: string; readonly runs: number })[]
> {
  const rows = await rowsOf<{
    id: string
    host: string
    pid: number
    started_at: Stamp
    heartbeat_at: Stamp
    runs: number | string
  }>(
    database,
    `SELECT worker.*, (SELECT COUNT(*) FROM run WHERE run.owner = worker.id) AS runs FROM worker ORDER BY started_at`,
  )
  return rows.map(({ id, host, pid, started_at, heartbeat_at, runs }) => ({
    id,
    host,
    pid,
    startedAt: isoTime(started_at),
    heartbeatAt: isoTime(heartbeat_at),
    runs: Number(runs),
  }))
}
