import { validate } from 'uuid'
import type { ErrorRecord } from '../contracts/index.ts'
import { artifactsOf } from './claims.ts'
import { isoTime, type Stamp } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { errorOf } from './error-record.ts'
import { parseJson } from './rows.ts'
import type { RunStatus, StageStatus, StoredArtifact } from './state.ts'

/** A row of `call_log` as people and programs read it: stamps as ISO-8601 text, JSON parsed. */
export interface CallRecord {
  readonly id: string
  readonly call_sid: string
  readonly account_sid: string | null
  readonly business_id: string | null
  readonly direction: string | null
  readonly from_number: string | null
  readonly to_number: string | null
  readonly status: string
  readonly call_status: string | null
  readonly duration_sec: number | null
  readonly recording_sid: string | null
  readonly recording_url: string | null
  readonly recording_status: string | null
  readonly recording_duration_sec: number | null
  readonly recording_channels: number | null
  readonly final_transcript: string | null
  readonly transcript_language: string | null
  readonly transcript_source: string | null
  readonly summary: string | null
  readonly extracted_city: string | null
  readonly extracted_service: string | null
  readonly extraction: unknown
  readonly error_code: string | null
  readonly error_message: string | null
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly created_at: string
  readonly updated_at: string
}

export interface CallQuery {
  /** At most 200. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly cursor?: string
  /** Words to look for in numbers, SIDs, transcript, summary, city and service. */
  readonly q?: string
  readonly status?: string
}

export interface CallPage {
  readonly calls: readonly CallRecord[]
  readonly next: string | null
}

/** Calls, the latest first. Throws a RangeError for a cursor that is none of ours. */
export async function listCalls(database: Database, { limit, cursor, q, status }: CallQuery): Promise<CallPage> {
  const query = database.knex('call_log').select('*').orderBy('created_at', 'desc').orderBy('id', 'desc')
  query.limit(limit + 1)
  if (status !== undefined) query.where('status', status)
  if (cursor !== undefined) {
    const { at, id } = readCursor(cursor)
    query.whereRaw('(created_at, id) < (?, ?)', [at, id])
  }
  if (q !== undefined && q !== '') {
    const pattern = `%${q.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    const columns = [
      'call_sid',
      'from_number',
      'to_number',
      'final_transcript',
      'summary',
      'extracted_city',
      'extracted_service',
    ]
    query.where((either) => {
      for (const column of columns) either.orWhereRaw(`LOWER(??) LIKE ? ESCAPE '\\'`, [column, pattern])
    })
  }
  const rows: CallRow[] = await query
  const calls = rows.slice(0, limit).map(callRecord)
  const last = calls.at(-1)
  return { calls, next: rows.length > limit && last !== undefined ? writeCursor(last) : null }
}

function writeCursor({ created_at, id }: CallRecord): string {
  return Buffer.from(JSON.stringify([created_at, id])).toString('base64url')
}

function readCursor(cursor: string): { readonly at: string; readonly id: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(parsed) && isStamp(parsed[0]) && isUuid(parsed[1])) return { at: parsed[0], id: parsed[1] }
  } catch {
    // Falls through: whatever it was, it is no cursor.
  }
  throw new RangeError('not a cursor')
}

function isStamp(value: unknown): value is string {
  if (typeof value !== 'string') return false
  const time = Date.parse(value)
  return !Number.isNaN(time) && new Date(time).toISOString() === value
}

function isUuid(value: unknown): value is string {
  return validate(value)
}

/** A run with its stages and artifacts. */
export interface RunRecord {
  readonly id: string
  readonly recording_sid: string
  readonly status: RunStatus
  readonly outcome: string | null
  readonly reason: string | null
  readonly error: ErrorRecord | null
  readonly created_at: string
  readonly started_at: string | null
  readonly decided_at: string | null
  readonly settled_at: string | null
  /** The kept spec of its plan; `core/pipeline` knows its shape. */
  readonly plan: unknown
  readonly stages: readonly StageRecord[]
  readonly artifacts: readonly StoredArtifact[]
}

export interface StageRecord {
  readonly id: string
  readonly status: StageStatus
  readonly driver: number
  readonly attempts: number
  readonly reason: string | null
  readonly error: ErrorRecord | null
  readonly due_at: string | null
  readonly started_at: string | null
  readonly finished_at: string | null
}

/** One call, and the run over its current recording or over the one that is named; undefined: no such call. */
export async function findCall(
  database: Database,
  callSid: string,
  recordingSid?: string,
): Promise<{ readonly call: CallRecord; readonly run: RunRecord | null } | undefined> {
  const row: CallRow | undefined = await database.knex('call_log').where('call_sid', callSid).first()
  if (row === undefined) return undefined
  const call = callRecord(row)
  const shown = recordingSid ?? call.recording_sid
  return { call, run: shown === null ? null : ((await findRun(database, call.id, shown)) ?? null) }
}

async function findRun(database: Database, callId: string, recordingSid: string): Promise<RunRecord | undefined> {
  const [run] = await rowsOf<{
    id: string
    recording_sid: string
    status: RunStatus
    outcome: string | null
    reason: string | null
    error: unknown
    created_at: Stamp
    started_at: Stamp | null
    decided_at: Stamp | null
    settled_at: Stamp | null
    spec: unknown
  }>(
    database,
    `SELECT run.*, plan.spec FROM recording JOIN run ON run.id = recording.run_id JOIN plan ON plan.hash = run.plan_hash
     WHERE recording.recording_sid = ? AND recording.call_id = ?`,
    [recordingSid, callId],
  )
  if (run === undefined) return undefined
  const artifacts = await artifactsOf(database, [run.id])
  return {
    id: run.id,
    recording_sid: run.recording_sid,
    status: run.status,
    outcome: run.outcome,
    reason: run.reason,
    error: errorOf(run.error),
    created_at: isoTime(run.created_at),
    started_at: isoTime(run.started_at),
    decided_at: isoTime(run.decided_at),
    settled_at: isoTime(run.settled_at),
    plan: parseJson(run.spec),
    stages: await stageRecords(database, run.id),
    artifacts: artifacts.get(run.id) ?? [],
  }
}

async function stageRecords(database: Database, runId: string): Promise<readonly StageRecord[]> {
  const rows = await rowsOf<{
    stage_id: string
    status: StageStatus
    driver: number
    attempts: number
    reason: string | null
    error: unknown
    due_at: Stamp | null
    started_at: Stamp | null
    finished_at: Stamp | null
  }>(database, 'SELECT * FROM run_stage WHERE run_id = ?', [runId])
  return rows.map((row) => ({
    id: row.stage_id,
    status: row.status,
    driver: row.driver,
    attempts: row.attempts,
    reason: row.reason,
    error: errorOf(row.error),
    due_at: isoTime(row.due_at),
    started_at: isoTime(row.started_at),
    finished_at: isoTime(row.finished_at),
  }))
}

/** A row as the driver of the database returns it. */
type CallRow = Omit<CallRecord, 'started_at' | 'ended_at' | 'created_at' | 'updated_at'> & {
  readonly started_at: Stamp | null
  readonly ended_at: Stamp | null
  readonly created_at: Stamp
  readonly updated_at: Stamp
}

function callRecord(row: CallRow): CallRecord {
  return {
    ...row,
    extraction: parseJson(row.extraction),
    started_at: isoTime(row.started_at),
    ended_at: isoTime(row.ended_at),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  }
}
