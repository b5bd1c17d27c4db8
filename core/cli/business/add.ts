import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { NewBusiness } from '../../store/businesses.ts'
import { withStore } from '../existing-database.ts'
import type { CommandIo } from '../io.ts'
import { languageTag, plainText, vocabulary, webhookSecret, webhookUrl } from './argument.ts'
import { phoneNumber, phoneNumbers } from './phone.ts'

interface Options {
  readonly name: string
  readonly phone: readonly string[]
  readonly language?: string
  readonly webhookUrl?: string
  readonly webhookSecret?: string
  readonly forwardTo?: string
  readonly announcement?: string
  readonly vocabulary?: Readonly<Record<string, string[]>>
  readonly json?: boolean
}

export function declareAdd(parent: Command, io: CommandIo): Command {
  const command = parent.command('add').description('Add a business, and the numbers that are its own.')
  return command
    .requiredOption('--name <name>', 'what it is called', plainText)
    .requiredOption('--phone <number...>', 'its numbers at Twilio, with their country: +14155550100', phoneNumbers)
    .option('--language <tag>', 'what is spoken with its customers, such as he or en-US', languageTag)
    .option('--webhook-url <address>', 'where its calls, and no others, are delivered', webhookUrl)
    .option(
      '--webhook-secret <secret>',
      'whsec_…, what signs them; without it one is made and shown once',
      webhookSecret,
    )
    .option('--forward-to <number>', 'where its calls are put through to (`handling: dial`)', phoneNumber)
    .option('--announcement <text>', 'what its callers hear first, instead of that of pipeline.yaml', plainText)
    .option('--vocabulary <field=word,word>', 'further words for an extracted field; can be repeated', vocabulary)
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      refuseContradictions(options, command)
      await add(options, io)
    })
}

function refuseContradictions({ phone, forwardTo, webhookUrl, webhookSecret }: Options, command: Command): void {
  if (webhookSecret !== undefined && webhookUrl === undefined) {
    command.error('error: --webhook-secret signs what is sent to --webhook-url: give both')
  }
  if (forwardTo !== undefined && phone.includes(forwardTo)) {
    command.error('error: --forward-to is one of its own numbers: calls would go round in circles')
  }
}

async function add(options: Options, io: CommandIo): Promise<void> {
  const made = options.webhookUrl !== undefined && options.webhookSecret === undefined ? newSecret() : undefined
  const business: NewBusiness = {
    name: options.name,
    phones: options.phone,
    language: options.language ?? null,
    webhookUrl: options.webhookUrl ?? null,
    webhookSecret: options.webhookSecret ?? made ?? null,
    settings: {
      forwardTo: options.forwardTo ?? null,
      announcement: options.announcement ?? null,
      vocabulary: options.vocabulary ?? {},
    },
  }
  const id = await withStore(await io.loadConfiguration(), (store) => store.addBusiness(business))
  if (options.json === true) {
    const shown = { id, name: business.name, phones: business.phones }
    io.stdout.write(`${JSON.stringify({ ...shown, webhook_secret: made ?? null }, null, 2)}\n`)
    return
  }
  io.stdout.write(`Added ${business.name}: ${business.phones.join(', ')}\n`)
  if (made === undefined) return
  io.stdout.write(`${made}\n`)
  io.stderr.write('This secret signs its webhooks. Keep it: it is not shown again.\n')
}

/** Standard Webhooks: 24 to 64 random bytes. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
