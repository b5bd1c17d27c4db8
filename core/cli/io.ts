import type { Readable, Writable } from 'node:stream'
import type { Configuration } from '../configuration.ts'
import type { ExitCode } from './exit.ts'

/** Everything that a command may touch of the process, passed in, so that tests give it streams of their own. */
export interface CommandIo {
  readonly stdin: Readable
  /** What was asked for. With `--json` or `--format json`: that, and nothing else. */
  readonly stdout: Writable
  /** Progress, hints and errors. */
  readonly stderr: Writable
  /** Absolute; relative paths that a person typed start here. */
  readonly cwd: string
  /** The variables of the process, without `.env`: for what no Configuration holds (NO_COLOR, CI). */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether stdin and stdout are terminals: only then ask questions and draw live displays. */
  readonly terminal: boolean
  /** Environment and `.env`, validated. Throws an AftercallError `bad-configuration` that names every fault. */
  loadConfiguration(): Promise<Configuration>
  /** Says how the command ends; `EXIT.done` where it says nothing. It does not stop the command: return after it. */
  end(code: ExitCode): void
}
