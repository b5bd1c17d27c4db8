import { fromNow, isoTime, now, type Stamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'

/** Who asks Twilio for the recordings of an account. One at a time. */
export interface SyncLease {
  readonly accountSid: string
  /** A UUID of this one sync. */
  readonly owner: string
}

/** How far an account is known. ISO-8601 UTC; time is the database's. */
export interface SyncStanding {
  readonly now: string
  /** Everything that was made until then is known; null: nobody has asked yet. */
  readonly cursor: string | null
  /** When the oldest of those recordings began that we know to be going on; null: none is. */
  readonly oldestUnfinished: string | null
}

/** No call lasts longer: https://www.twilio.com/docs/voice/api/call-resource (timeLimit). */
const LONGEST_CALL_MS = 24 * 3_600_000
/** Longer than one page takes, patience with Twilio included. */
const LEASE_MS = 10 * 60_000

/**
 * Takes the lease, unless somebody has it; for the timer, only where a sync is due. The timer's first time begins
 * none, and only puts down the cursor: a new installation is not to process what an account has collected for years.
 */
export async function beginSync(
  database: Database,
  { accountSid, owner }: SyncLease,
  occasion: { readonly kind: 'asked' } | { readonly kind: 'timer'; readonly everyMs: number },
): Promise<boolean> {
  const stamp = now(database)
  if (occasion.kind === 'timer') {
    await rowsOf(
      database,
      `INSERT INTO sync (account_sid, cursor, due_at)
       VALUES (?, ${stamp}, ${fromNow(database, 'CAST(? AS double precision)')}) ON CONFLICT (account_sid) DO NOTHING`,
      [accountSid, occasion.everyMs],
    )
  }
  const rows = await rowsOf(
    database,
    `INSERT INTO sync (account_sid, owner, leased_until) VALUES (?, ?, ${fromNow(database, `${LEASE_MS}`)})
     ON CONFLICT (account_sid) DO UPDATE SET owner = excluded.owner, leased_until = excluded.leased_until
     WHERE (sync.leased_until IS NULL OR sync.leased_until < ${stamp})
       ${occasion.kind === 'timer' ? `AND (sync.due_at IS NULL OR sync.due_at <= ${stamp})` : ''}
     RETURNING account_sid`,
    [accountSid, owner],
  )
  return rows.length > 0
}

/** Keeps the lease for longer; false where it has run out and another has taken it. */
export async function keepSync(database: Database, { accountSid, owner }: SyncLease): Promise<boolean> {
  const rows = await rowsOf(
    database,
    `UPDATE sync SET leased_until = ${fromNow(database, `${LEASE_MS}`)}
     WHERE account_sid = ? AND owner = ? RETURNING account_sid`,
    [accountSid, owner],
  )
  return rows.length > 0
}

/** Gives the lease back. The cursor moves on to `cursor` (null: stays), and never back. */
export async function endSync(
  database: Database,
  { accountSid, owner }: SyncLease,
  { cursor, dueInMs }: { readonly cursor: string | null; readonly dueInMs: number },
): Promise<void> {
  const moved = cursor === null ? '' : 'cursor = CASE WHEN cursor > ? THEN cursor ELSE ? END,'
  await rowsOf(
    database,
    `UPDATE sync SET ${moved} due_at = ${fromNow(database, 'CAST(? AS double precision)')},
       owner = NULL, leased_until = NULL
     WHERE account_sid = ? AND owner = ?`,
    [...(cursor === null ? [] : [cursor, cursor]), dueInMs, accountSid, owner],
  )
}

export async function syncStanding(database: Database, accountSid: string): Promise<SyncStanding> {
  const [row] = await rowsOf<{ now: Stamp; cursor: Stamp | null; oldest: Stamp | null }>(
    database,
    `SELECT ${now(database)} AS now, (SELECT cursor FROM sync WHERE account_sid = ?) AS cursor,
       (SELECT MIN(COALESCE(started_at, created_at)) FROM recording WHERE source = 'twilio'
          AND status = 'in-progress' AND created_at > ${fromNow(database, `-${LONGEST_CALL_MS}`)}) AS oldest`,
    [accountSid],
  )
  if (row === undefined) throw new Error('a SELECT without FROM returned no row')
  return { now: isoTime(row.now), cursor: isoTime(row.cursor), oldestUnfinished: isoTime(row.oldest) }
}

/** How those of the recordings stand that we have heard of. */
export async function recordingStatuses(
  database: Database,
  recordingSids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (recordingSids.length === 0) return new Map()
  const rows = await rowsOf<{ recording_sid: string; status: string }>(
    database,
    `SELECT recording_sid, status FROM recording WHERE recording_sid IN (${recordingSids.map(() => '?').join(', ')})`,
    recordingSids,
  )
  return new Map(rows.map(({ recording_sid, status }) => [recording_sid, status]))
}
