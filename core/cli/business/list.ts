import type { Command } from 'commander'
import type { ListedBusiness } from '../../store/businesses.ts'
import { table } from '../calls/table.ts'
import { withStore } from '../existing-database.ts'
import type { CommandIo } from '../io.ts'

export function declareList(parent: Command, io: CommandIo): Command {
  return parent
    .command('list')
    .description('List the businesses, their numbers, and how many calls each has.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const businesses = await withStore(await io.loadConfiguration(), (store) => store.listBusinesses())
      if (json === true) io.stdout.write(`${JSON.stringify(businesses.map(asJson), null, 2)}\n`)
      else if (businesses.length > 0) io.stdout.write(table([HEADINGS, ...businesses.map(cells)]))
      else io.stderr.write('There are no businesses yet: every call is unassigned.\n')
    })
}

const HEADINGS = ['NAME', 'NUMBERS', 'LANGUAGE', 'CALLS', 'FORWARD TO', 'WEBHOOK']

function cells({ name, phones, language, calls, settings, webhookUrl }: ListedBusiness): readonly string[] {
  return [name, phones.join(' '), language ?? '', String(calls), settings.forwardTo ?? '', webhookUrl ?? '']
}

/** Names as in the table `business`. */
function asJson({ id, name, phones, language, webhookUrl, hasSecret, settings, calls }: ListedBusiness) {
  return {
    id,
    name,
    phones,
    language,
    webhook_url: webhookUrl,
    has_webhook_secret: hasSecret,
    forward_to: settings.forwardTo,
    announcement: settings.announcement,
    vocabulary: settings.vocabulary,
    calls,
  }
}
