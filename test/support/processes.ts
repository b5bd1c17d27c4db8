import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AppOptions } from '../../core/app.ts'
import type { EngineEvent } from '../../core/engine/events.ts'
import type { Surroundings } from './surroundings.ts'

/** A line of a process's log. */
export interface PrintedLine {
  readonly level: string
  readonly msg: string
  readonly callSid?: string
  readonly runId?: string
  readonly stage?: string
  readonly event?: EngineEvent
  readonly url?: string
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of Aftercall, seen from outside. */
export interface RunningProcess {
  readonly pid: number
  readonly lines: readonly PrintedLine[]
  readonly stderr: () => string
  /** The first line that matches, past or to come; fails when the process ends without one. */
  line(what: string, matches: (line: PrintedLine) => boolean): Promise<PrintedLine>
  readonly ended: Promise<Ended>
  signal(name: NodeJS.Signals): void
  /** SIGKILL, and until it is dead. */
  kill(): Promise<void>
}

export interface FreshProcesses {
  /** `node bin/aftercall.js …` */
  aftercall(surroundings: Surroundings, argv: readonly string[], environment?: Environment): RunningProcess
  /** test/support/worker.ts */
  worker(surroundings: Surroundings, options: WorkerSettings, environment?: Environment): RunningProcess
}

type Environment = Readonly<Record<string, string>>
export type WorkerSettings = NonNullable<AppOptions['worker']>

const PATIENCE_MS = 15_000
const ROOT = join(import.meta.dirname, '../..')
/** Most of a process's start is compiling; the same place as that of bin/aftercall.js. */
const COMPILED = join(ROOT, 'node_modules/.cache/aftercall')
const WORKER = join(import.meta.dirname, 'worker.ts')

/** Put into a suite: whatever processes a test has left are killed after it. */
export function freshProcesses(): FreshProcesses {
  const started = new Set<RunningProcess>()
  const run = (surroundings: Surroundings, argv: readonly string[], environment: Environment = {}) => {
    const child = spawn(process.execPath, argv, {
      cwd: surroundings.folder,
      env: { NODE_COMPILE_CACHE: COMPILED, ...surroundings.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const running = watch(child)
    started.add(running)
    return running
  }
  afterEach(async () => {
    await Promise.all([...started].map((one) => one.kill()))
    started.clear()
  })
  return {
    aftercall: (surroundings, argv, environment) =>
      run(surroundings, [join(ROOT, 'bin/aftercall.js'), ...argv], environment),
    worker: (surroundings, options, environment) => run(surroundings, [WORKER, JSON.stringify(options)], environment),
  }
}

function watch(child: ChildProcess): RunningProcess {
  const lines: PrintedLine[] = []
  const looking = new Set<() => void>()
  const look = () => {
    for (const one of looking) one()
  }
  let stderr = ''
  let isOver = false
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (text) => {
      lines.push(...parsed(text))
      look()
    })
  }
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    isOver = true
    look()
    return { code, signal }
  })
  return {
    pid: child.pid ?? 0,
    lines,
    stderr: () => stderr,
    ended,
    line: (what, matches) =>
      new Promise((resolve, reject) => {
        const one = () => {
          const found = lines.find(matches)
          if (found !== undefined) end(() => resolve(found))
          else if (isOver) fail('the process ended before this')
        }
        const fail = (how: string) =>
          end(() =>
            reject(
              new Error(
                `${how}: ${what}\n${stderr}${lines
                  .slice(-5)
                  .map((last) => JSON.stringify(last))
                  .join('\n')}`,
              ),
            ),
          )
        const timer = setTimeout(() => fail('it never came to this'), PATIENCE_MS)
        const end = (settle: () => void) => {
          clearTimeout(timer)
          looking.delete(one)
          settle()
        }
        looking.add(one)
        one()
      }),
    signal: (name) => {
      child.kill(name)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Nothing for a line that SIGKILL has cut off in the middle. */
function parsed(text: string): readonly PrintedLine[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}
