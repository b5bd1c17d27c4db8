import type { CommandModule } from './command.ts'

/** One command of `aftercall`. The summary stands here so that `aftercall --help` loads none of them. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<{ readonly command: CommandModule }>
}

/** Every command, in the order of the help. A new one is a file beside this and a line here. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'demo', summary: 'see one simulated call go through the real engine', load: () => import('./demo.ts') },
  { name: 'start', summary: 'migrate, serve and work', load: () => import('./start.ts') },
  { name: 'process', summary: 'run the pipeline on local recordings', load: () => import('./process.ts') },
  { name: 'init', summary: 'write pipeline.yaml and .env', load: () => import('./init.ts') },
  {
    name: 'validate',
    summary: 'check pipeline.yaml, every fault with line, column and remedy',
    load: () => import('./validate.ts'),
  },
  { name: 'graph', summary: 'show the stages as a graph', load: () => import('./graph.ts') },
  { name: 'schema', summary: 'print the JSON Schema of pipeline.yaml', load: () => import('./schema.ts') },
  { name: 'plugins', summary: 'list stages, drivers and their options', load: () => import('./plugins.ts') },
  { name: 'doctor', summary: 'check everything that Aftercall needs here', load: () => import('./doctor.ts') },
  { name: 'calls', summary: 'show calls, or one call stage by stage', load: () => import('./calls.ts') },
  { name: 'rerun', summary: 'run calls again, from a stage on', load: () => import('./rerun.ts') },
  { name: 'cancel', summary: 'cancel the run of a call', load: () => import('./cancel.ts') },
  { name: 'sync', summary: 'find recordings whose callbacks were lost', load: () => import('./sync.ts') },
  {
    name: 'business',
    summary: 'add, list and remove the businesses whose calls these are',
    load: () => import('./business.ts'),
  },
  { name: 'simulate', summary: 'play Twilio to the running server', load: () => import('./simulate.ts') },
]
