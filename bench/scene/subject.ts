import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeterAnswer, MeterQuestion } from './meter.ts'

export type SubjectName = 'aftercall' | 'bare'

/** A server that is measured, in a process of its own. */
export interface Subject {
  readonly name: SubjectName
  /** Where it listens. */
  readonly url: string
  usage(): Promise<Usage>
  /** Ends it gently; throws where it did not end well. */
  stop(): Promise<void>
}

export interface Usage {
  /** The largest resident memory so far. */
  readonly peakBytes: number
  /** Processor time so far, user and system. */
  readonly cpuMs: number
}

/** File and arguments of each, from the root of the repository. */
const COMMANDS: Readonly<Record<SubjectName, readonly string[]>> = {
  aftercall: ['bin/aftercall.js', 'start'],
  bare: ['bench/bare/main.ts'],
}

const ROOT = join(import.meta.dirname, '../..')
const METER = join(import.meta.dirname, 'meter.ts')

export interface SubjectOptions {
  readonly name: SubjectName
  readonly environment: Readonly<Record<string, string>>
  /** Where its log goes. */
  readonly folder: string
  /** Folder for a CPU profile of it; undefined: none is taken. */
  readonly profile: string | undefined
}

/** Starts a server and waits until it listens. Its log goes to a file, as it would on a server of one's own. */
export async function startSubject({ name, environment, folder, profile }: SubjectOptions): Promise<Subject> {
  const log = join(folder, `${name}.log`)
  const output = openSync(log, 'a')
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, ['--import', METER, ...profiling, ...COMMANDS[name]], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...environment },
    stdio: ['ignore', output, output, 'ipc'],
  })
  const failure = async (what: string) => new Error(`${name} ${what}:\n${(await readFile(log, 'utf8')).slice(-4_000)}`)
  const ended = once(child, 'exit')
  const told = await Promise.race([answerOf(child, 'listening'), ended])
  if (Array.isArray(told)) throw await failure('ended before it listened')
  return {
    name,
    url: `http://127.0.0.1:${told.port}`,
    async usage() {
      child.send('usage' satisfies MeterQuestion)
      return await answerOf(child, 'usage')
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await ended
      if (code !== 0) throw await failure(`ended with code ${code}`)
    },
  }
}

/** The next message of this kind from the meter. */
function answerOf<Kind extends MeterAnswer['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<MeterAnswer, { readonly kind: Kind }>> {
  return new Promise((resolve) => {
    const onMessage = (message: MeterAnswer) => {
      if (!isOfKind(message, kind)) return
      child.off('message', onMessage)
      resolve(message)
    }
    child.on('message', onMessage)
  })
}

function isOfKind<Kind extends MeterAnswer['kind']>(
  message: MeterAnswer,
  kind: Kind,
): message is Extract<MeterAnswer, { readonly kind: Kind }> {
  return message.kind === kind
}
