import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { type Static, type TSchema, Type } from 'typebox'
import { type CallView, callView, type RunView } from '../../api/call-view.ts'
import type { Configuration } from '../../configuration.ts'
import { AftercallError } from '../../contracts/index.ts'
import type { CallRecord } from '../../store/calls.ts'
import { openExisting } from '../existing-database.ts'
import { ask } from './server.ts'

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const seenStage = Type.Object({
  id: Type.String(),
  stage: Type.String(),
  use: Type.String(),
  status: Type.Enum(['pending', 'running', 'waiting', 'done', 'skipped', 'failed']),
  attempts: Type.Integer(),
  started_at: nullable(Type.String()),
  finished_at: nullable(Type.String()),
  due_at: nullable(Type.String()),
  reason: nullable(Type.String()),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String(), remedy: Type.String() })),
})
const seenCall = Type.Object({
  call: Type.Object({
    call_sid: Type.String(),
    status: Type.String(),
    recording_sid: nullable(Type.String()),
    recording_url: nullable(Type.String()),
    final_transcript: nullable(Type.String()),
    summary: nullable(Type.String()),
    extracted_city: nullable(Type.String()),
    extracted_service: nullable(Type.String()),
  }),
  run: nullable(
    Type.Object({
      id: Type.String(),
      status: Type.Enum(['queued', 'running', 'waiting', 'settled']),
      outcome: nullable(Type.String()),
      stages: Type.Array(seenStage),
    }),
  ),
  artifacts: Type.Record(Type.String(), Type.Unknown()),
})
const isSeenCall = new Ajv({ strict: true }).compile<Static<typeof seenCall>>(seenCall)

/** The parts of a CallView that `simulate` looks at, wherever they were read. */
export interface SeenCall {
  readonly call: Pick<CallRecord, keyof Static<typeof seenCall>['call']>
  readonly run: RunView | null
  readonly artifacts: CallView['artifacts']
}

/** Where the state of a call is read. */
export interface CallReader {
  /** Undefined: there is no such call. */
  read(callSid: string): Promise<SeenCall | undefined>
  close(): Promise<void>
}

/** Reads through the API where the token is known here and the server takes it, else from the database. */
export async function openCallReader(server: string, configuration: Configuration): Promise<CallReader> {
  const token = configuration.adminToken ?? (await keptToken(configuration))
  if (token !== undefined && (await ask(server, '/api/calls?limit=1', token)).ok) return apiReader(server, token)
  return databaseReader(configuration)
}

/** The token that `start` has made, unless it belongs to another user or to another machine. */
async function keptToken({ dataDir }: Configuration): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()
  } catch {
    return undefined
  }
}

function apiReader(server: string, token: string): CallReader {
  return {
    async read(callSid) {
      const { ok, status, text } = await ask(server, `/api/calls/${callSid}`, token)
      if (status === 404) return undefined
      const view: unknown = ok ? JSON.parse(text) : undefined
      if (isSeenCall(view)) return view
      throw new AftercallError(`the API answered HTTP ${status}: ${text.slice(0, 300)}`, { code: 'internal' })
    },
    async close() {},
  }
}

async function databaseReader(configuration: Configuration): Promise<CallReader> {
  const store = await openExisting(configuration)
  return {
    async read(callSid) {
      const found = await store.findCall(callSid)
      return found === undefined ? undefined : callView(found.call, found.run)
    },
    close: () => store.close(),
  }
}
