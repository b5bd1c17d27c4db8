import type { Command } from 'commander'
import type { CommandIo } from './io.ts'

/**
 * What the file of a command exports as `command`. `main.ts` imports the file only when the command is called, so
 * it may import what it needs statically; what only one of its branches needs, it still imports in that branch.
 *
 * ```ts
 * export const command: CommandModule = {
 *   declare(command, io) {
 *     command.argument('[file]').option('--json').action(async (file: string | undefined, options: Options) => {
 *       …                              // throws an AftercallError, or
 *       io.end(EXIT.misconfigured)     // says how it ended
 *     })
 *   },
 * }
 * ```
 */
export interface CommandModule {
  /** Adds arguments, options, help and the action to a command that already has its name and summary. */
  declare(command: Command, io: CommandIo): void
}
