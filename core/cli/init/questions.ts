import {
  accountSid,
  authTokens,
  baseAddress,
  listOf,
  publicAddress,
  type Reading,
  secret,
  text,
  webAddress,
  webhookSecret,
} from '../../../config/setting.ts'

/** What `init` was told, by flags or by answers; all of it is optional. */
export type Answers = { readonly [Name in AnswerName]?: string }

type AnswerName =
  | 'openaiApiKey'
  | 'openaiBaseUrl'
  | 'twilioAccountSid'
  | 'twilioAuthToken'
  | 'publicUrl'
  | 'webhookUrl'
  | 'webhookSecret'
  | 'cities'
  | 'services'

export interface Question {
  readonly name: AnswerName
  readonly flag: string
  readonly placeholder: string
  readonly text: string
  readonly reading: Reading<unknown>
  /** How it is asked for; some are rare enough to be flags only. */
  readonly asked: 'openly' | 'hidden' | 'never'
}

export const QUESTIONS: readonly Question[] = [
  {
    name: 'openaiApiKey',
    flag: 'openai-api-key',
    placeholder: 'KEY',
    text: 'OpenAI API key, for transcripts, summaries and fields',
    reading: secret,
    asked: 'hidden',
  },
  {
    name: 'openaiBaseUrl',
    flag: 'openai-base-url',
    placeholder: 'URL',
    text: 'another server that speaks OpenAI’s API',
    reading: baseAddress,
    asked: 'never',
  },
  {
    name: 'twilioAccountSid',
    flag: 'twilio-account-sid',
    placeholder: 'SID',
    text: 'Twilio account SID (AC…)',
    reading: accountSid,
    asked: 'openly',
  },
  {
    name: 'twilioAuthToken',
    flag: 'twilio-auth-token',
    placeholder: 'TOKEN',
    text: 'Twilio auth token',
    reading: authTokens,
    asked: 'hidden',
  },
  {
    name: 'publicUrl',
    flag: 'public-url',
    placeholder: 'URL',
    text: 'public address of this server, as Twilio will call it',
    reading: publicAddress,
    asked: 'openly',
  },
  {
    name: 'webhookUrl',
    flag: 'webhook-url',
    placeholder: 'URL',
    text: 'where results are delivered',
    reading: webAddress,
    asked: 'openly',
  },
  {
    name: 'webhookSecret',
    flag: 'webhook-secret',
    placeholder: 'SECRET',
    text: 'what deliveries are signed with (whsec_…)',
    reading: webhookSecret,
    asked: 'never',
  },
  {
    name: 'cities',
    flag: 'cities',
    placeholder: 'LIST',
    text: 'cities to look for in calls, separated by commas',
    reading: listOf(text),
    asked: 'openly',
  },
  {
    name: 'services',
    flag: 'services',
    placeholder: 'LIST',
    text: 'services to look for in calls, separated by commas',
    reading: listOf(text),
    asked: 'openly',
  },
]
