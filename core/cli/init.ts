import { randomBytes } from 'node:crypto'
import { type Command, Option } from 'commander'
import { Malformed } from '../../config/setting.ts'
import { AftercallError } from '../contracts/errors.ts'
import type { CommandModule } from './command.ts'
import { environmentFile } from './init/environment-file.ts'
import { pipelineFile } from './init/pipeline-file.ts'
import { type Answers, QUESTIONS } from './init/questions.ts'
import { writeNew } from './init/write-new.ts'
import type { CommandIo } from './io.ts'

interface Options extends Answers {
  readonly yes?: boolean
  readonly force?: boolean
}

/** Writes pipeline.yaml and .env. What is there already stays as it is, unless `--force` is given. */
export const command: CommandModule = {
  declare(command, io) {
    for (const question of QUESTIONS)
      command.addOption(new Option(`--${question.flag} <${question.placeholder}>`, question.text))
    command
      .option('-y, --yes', 'ask nothing; what no flag gives stays empty')
      .option('--force', 'overwrite what is there')
      .addHelpText('after', HELP)
      .action(async (options: Options, self: Command) => {
        if (!io.terminal && !options.yes) self.error('error: there is no terminal to ask at; give flags and --yes')
        const answers = checked(options)
        await write(options.yes ? answers : await asked(answers, io), options.force ?? false, io)
      })
  },
}

const HELP = `
Keys given as flags stay in the history of your shell; without --yes they are asked for.
A webhook secret is made up where there is a webhook URL and no secret.`

/** The flags, each in its checked form. */
function checked(options: Options): Answers {
  const faults: string[] = []
  const answers: { -readonly [Name in keyof Answers]: string } = {}
  for (const { flag, name, reading } of QUESTIONS) {
    const given = options[name]?.trim()
    if (given === undefined || given === '') continue
    try {
      reading(given)
      answers[name] = given
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      faults.push(`--${flag} ${thrown.message}`)
    }
  }
  if (faults.length > 0) throw new AftercallError(faults.join('\n'), { code: 'bad-configuration' })
  return answers
}

async function asked(answers: Answers, io: CommandIo): Promise<Answers> {
  const { ask } = await import('./init/ask.ts')
  return ask(answers, io)
}

async function write(answers: Answers, force: boolean, io: CommandIo): Promise<void> {
  const signed = answers.webhookUrl === undefined ? {} : { webhookSecret: newWebhookSecret() }
  const written = await writeNew(io.cwd, force, [
    { name: 'pipeline.yaml', mode: 0o644, text: await pipelineFile(answers, io.cwd) },
    { name: '.env', mode: 0o600, text: environmentFile({ ...signed, ...answers }) },
  ])
  for (const { name, done } of written) io.stderr.write(done ? `wrote ${name}\n` : `kept ${name}, which was there\n`)
  if (written.every(({ done }) => !done)) {
    throw new AftercallError('there was nothing to write', {
      code: 'conflict',
      remedy: 'Edit pipeline.yaml and .env, or overwrite both with `aftercall init --force`.',
    })
  }
  io.stderr.write('Next: `aftercall doctor` checks the setup, `aftercall start` starts the server.\n')
}

/** 32 random bytes, in the form of Standard Webhooks. */
function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
