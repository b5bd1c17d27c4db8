import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOpenAiSandbox } from '../../sandbox/openai/index.ts'
import { startTwilioSandbox } from '../../sandbox/twilio/index.ts'
import { type Callers, callersOf } from './callers.ts'
import { type DatabaseKind, freshDatabase } from './databases.ts'
import { startEndpoint } from './endpoint.ts'
import { settingsOf, type Transcode } from './settings.ts'
import { type Subject, type SubjectName, startSubject } from './subject.ts'

/** Two servers that do the same job, each with an empty database, and everything that they talk to. */
export interface Scene {
  readonly database: DatabaseKind
  /** Aftercall; and a bare script, which tells how much of a figure is the machine's. */
  readonly subjects: readonly Subject[]
  readonly callers: Callers
  [Symbol.asyncDispose](): Promise<void>
}

export interface SceneOptions {
  readonly database: DatabaseKind
  readonly transcode: Transcode
  /** Folder for a CPU profile of Aftercall; undefined: none is taken. */
  readonly profile: string | undefined
}

const SUBJECTS: readonly SubjectName[] = ['bare', 'aftercall']

/** What is "heard" in the recordings: as much as fits into a second. */
const WORDS = 'A plumber in Haifa.'

/** Throws NoPostgres where that is wanted and not there. */
export async function openScene({ database, transcode, profile }: SceneOptions): Promise<Scene> {
  await using opening = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'aftercall-bench-'))
  opening.defer(() => rm(folder, { recursive: true, force: true }))
  const twilio = await startTwilioSandbox()
  opening.defer(() => twilio.close())
  const openai = await startOpenAiSandbox({ transcripts: () => WORDS })
  opening.defer(() => openai.close())
  const endpoint = await startEndpoint()
  opening.defer(() => endpoint.close())
  const settings = await settingsOf({ folder, twilio, openai, endpoint, transcode })

  const subjects: Subject[] = []
  for (const name of SUBJECTS) {
    const data = join(folder, name)
    await mkdir(data)
    const { url, drop } = await freshDatabase(database, folder)
    opening.defer(drop)
    const environment = { ...settings, DATA_DIR: data, DATABASE_URL: url }
    const subject = await startSubject({
      name,
      environment,
      folder,
      profile: name === 'aftercall' ? profile : undefined,
    })
    opening.defer(() => subject.stop())
    subjects.push(subject)
  }
  const opened = opening.move()
  return {
    database,
    subjects,
    callers: callersOf(twilio, endpoint),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
