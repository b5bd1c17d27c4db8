import { type AttemptContext, RetryableError, Type } from 'aftercall'
import type { OpenAI } from 'openai'
import type { Provider } from './provider.ts'

type ChatModel = Omit<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, 'messages' | 'response_format'>

/** The options of drivers that ask a language model: spread them into a schema. */
export const chatOptions = {
  model: Type.String({ default: 'gpt-6-luna', minLength: 1, description: 'Name of the language model' }),
  reasoningEffort: Type.Union(
    [Type.Literal('none'), Type.Literal('low'), Type.Literal('medium'), Type.Literal('high'), Type.Literal('unset')],
    {
      default: 'none',
      description: 'How long the model thinks first; `unset` sends nothing, for models that do not know the parameter',
    },
  ),
}

export interface Question {
  readonly model: string
  readonly reasoningEffort: 'none' | 'low' | 'medium' | 'high' | 'unset'
  /** What to do: from us. */
  readonly instructions: string
  /** What to do it with: from strangers. Goes into a message of its own. */
  readonly material: string
}

/** A JSON schema that OpenAI takes with `strict: true`. */
export interface AnswerSchema {
  /** At most 64 of letters, digits, `_` and `-`. */
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

type Attempt = Pick<AttemptContext, 'signal' | 'usage'>

/** The model's answer as text, never empty. A refusal or an answer cut short is a RetryableError. */
export async function askForText(provider: Provider, question: Question, attempt: Attempt): Promise<string> {
  return await ask(provider, question, undefined, attempt)
}

/** The model's answer as JSON that should, but with compatible servers need not, fit the schema. */
export async function askForJson(
  provider: Provider,
  question: Question,
  schema: AnswerSchema,
  attempt: Attempt,
): Promise<unknown> {
  const text = await ask(provider, question, schema, attempt)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unusable('no JSON', error)
  }
}

async function ask(
  provider: Provider,
  question: Question,
  schema: AnswerSchema | undefined,
  { signal, usage }: Attempt,
): Promise<string> {
  const answer = await provider.request(signal, (client) =>
    client.chat.completions.create(
      {
        ...modelOf(question),
        messages: [
          { role: 'system', content: question.instructions },
          { role: 'user', content: question.material },
        ],
        ...(schema && { response_format: { type: 'json_schema', json_schema: { ...schema, strict: true } } }),
      },
      { signal },
    ),
  )
  usage({
    model: question.model,
    ...(answer.usage && { inputTokens: answer.usage.prompt_tokens, outputTokens: answer.usage.completion_tokens }),
  })
  return contentOf(answer)
}

function modelOf({ model, reasoningEffort }: Question): ChatModel {
  return reasoningEffort === 'unset' ? { model } : { model, reasoning_effort: reasoningEffort }
}

/** The SDK's types promise more than compatible servers keep: everything may be missing. */
function contentOf(answer: Partial<OpenAI.ChatCompletion>): string {
  const choice = answer.choices?.[0]
  if (choice?.message === undefined) throw unusable('no choice')
  if (choice.message.refusal) throw unusable(`a refusal: ${choice.message.refusal.slice(0, 200)}`)
  if (choice.finish_reason === 'length') throw unusable('something that was cut short (finish_reason length)')
  if (choice.finish_reason === 'content_filter') throw unusable('something that its content filter withheld')
  const text = choice.message.content?.trim() ?? ''
  if (text === '') throw unusable('nothing')
  return text
}

function unusable(what: string, cause?: unknown): RetryableError {
  return new RetryableError(`the model answered ${what}`, { code: 'provider-answer', cause })
}
