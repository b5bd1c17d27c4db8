import type { Command } from 'commander'
import { declareAdd } from './business/add.ts'
import { declareList } from './business/list.ts'
import { declareRemove } from './business/remove.ts'
import type { CommandModule } from './command.ts'

/** The businesses whose calls these are: found by their numbers. */
export const command: CommandModule = {
  declare(command, io) {
    const parts: readonly Command[] = [declareAdd(command, io), declareList(command, io), declareRemove(command, io)]
    command.addHelpText('after', () => parts.map((part) => `\n${part.helpInformation()}`).join(''))
  },
}
