import { PassThrough } from 'node:stream'
import type { ExitCode } from '../../core/cli/exit.ts'
import { main } from '../../core/cli/main.ts'

export interface Ran {
  readonly exit: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line in this process, with streams of its own and with no variables but those given. */
export async function aftercall(
  argv: readonly string[],
  given: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const texts = Promise.all([textOf(stdout), textOf(stderr)])
  const exit = await main(argv, {
    stdin: new PassThrough().end(),
    stdout,
    stderr,
    cwd: given.cwd,
    env: given.env ?? {},
    terminal: false,
  })
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { exit, stdout: out, stderr: err }
}

async function textOf(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
