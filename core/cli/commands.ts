import type { CommandModule } from './command.ts'

/** One command of `aftercall`. The summary stands here so that `aftercall --help` loads none of them. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<{ readonly command: CommandModule }>
}

/** Every command, in the order of the help. A new one is a file beside this and a line here. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'init', summary: 'write pipeline.yaml and .env', load: () => import('./init.ts') },
  { name: 'doctor', summary: 'check everything that Aftercall needs here', load: () => import('./doctor.ts') },
]
