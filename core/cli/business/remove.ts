import type { Command } from 'commander'
import { AftercallError } from '../../contracts/index.ts'
import { withStore } from '../existing-database.ts'
import type { CommandIo } from '../io.ts'

export function declareRemove(parent: Command, io: CommandIo): Command {
  return parent
    .command('remove')
    .description('Remove a business. Its calls stay, unassigned.')
    .argument('<business>', 'its name or its id')
    .action(async (named: string) => {
      await withStore(await io.loadConfiguration(), async (store) => {
        const business = (await store.listBusinesses()).find(({ id, name }) => name === named || id === named)
        if (business === undefined || !(await store.removeBusiness(business.id))) {
          throw new AftercallError(`there is no business ${named}`, {
            code: 'not-found',
            remedy: '`aftercall business list` shows those that there are.',
          })
        }
        io.stderr.write(`Removed ${business.name}. ${business.calls} calls stay, unassigned.\n`)
      })
    })
}
