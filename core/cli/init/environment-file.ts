import { AftercallError } from '../../contracts/errors.ts'
import type { Answers } from './questions.ts'

/** The text of `.env`: what is known, and the rest as comments, so that nobody has to look the names up. */
export function environmentFile(answers: Answers): string {
  return `# Settings of Aftercall. Keep this file to yourself: it holds keys. Real environment variables win over it.

# OpenAI, or a server that speaks its API.
${line('OPENAI_API_KEY', answers.openaiApiKey)}
${line('OPENAI_BASE_URL', answers.openaiBaseUrl)}

# Twilio. While rotating, two auth tokens separated by a comma.
${line('TWILIO_ACCOUNT_SID', answers.twilioAccountSid)}
${line('TWILIO_AUTH_TOKEN', answers.twilioAuthToken)}
# The address that Twilio calls: its signatures are checked against it.
${line('PUBLIC_URL', answers.publicUrl)}

# Where results go, and what they are signed with. pipeline.yaml reads both.
${line('WEBHOOK_URL', answers.webhookUrl)}
${line('WEBHOOK_SECRET', answers.webhookSecret)}
# Private hosts or ranges that webhooks may reach.
${line('OUTBOUND_ALLOW', undefined)}

# These have defaults.
# PORT=3000
# HOST=0.0.0.0
# DATA_DIR=data
# DATABASE_URL=sqlite:data/aftercall.db
# PIPELINE=pipeline.yaml
# LOG_LEVEL=info
`
}

function line(name: string, value: string | undefined): string {
  return value === undefined ? `# ${name}=` : `${name}=${quoted(name, value)}`
}

/** As dotenv reads it: a `#` or a quote needs quotes around it, and dotenv knows no escape for a quote. */
function quoted(name: string, value: string): string {
  if (/^[\w./:@+=,-]+$/.test(value)) return value
  const quote = ["'", '`'].find((candidate) => !value.includes(candidate))
  if (quote !== undefined) return `${quote}${value}${quote}`
  throw new AftercallError(`${name} has both kinds of quotes, which no .env file can hold`, {
    code: 'bad-configuration',
    remedy: `Set ${name} as a real environment variable instead.`,
  })
}
