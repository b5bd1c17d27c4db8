import type { Fault } from './faults.ts'
import { findModel } from './models.ts'
import { pretendStructured, pretendSummary } from './pretend-answers.ts'
import { Refusal, unknownModel } from './refusal.ts'
import { isSchema, type JsonSchema, strictSchemaFault } from './strict-schema.ts'

type Body = Readonly<Record<string, unknown>>

interface Message {
  readonly role: string
  readonly content: string
}

/** The answer of `POST /v1/chat/completions`; throws a Refusal for what OpenAI would refuse. */
export function completeChat(body: Body, fault: Fault | undefined): unknown {
  const model = modelOf(body)
  const messages = messagesOf(body)
  const schema = schemaOf(body)
  const transcript = messages.findLast(({ role }) => role === 'user')?.content ?? ''
  const usual =
    schema === undefined ? pretendSummary(transcript) : JSON.stringify(pretendStructured(schema, transcript))
  const { content, refusal, finishReason } = spoilt(usual, fault)
  const promptTokens = tokens(messages.map((message) => message.content).join(' '))
  const completionTokens = tokens(content ?? refusal ?? '')
  return {
    id: 'chatcmpl-pretend',
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1_000),
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal }, logprobs: null, finish_reason: finishReason },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  }
}

function modelOf(body: Body): string {
  const id = body['model']
  if (typeof id !== 'string') throw new Refusal(400, 'you must provide a model parameter')
  const model = findModel(id, 'chat')
  if (model === undefined) throw unknownModel(id)
  if ('reasoning_effort' in body && model.reasons !== true) {
    throw new Refusal(400, 'Unrecognized request argument supplied: reasoning_effort')
  }
  return id
}

function messagesOf(body: Body): readonly Message[] {
  const list: readonly unknown[] = Array.isArray(body['messages']) ? body['messages'] : []
  if (list.length === 0) throw new Refusal(400, "Missing required parameter: 'messages'.", { param: 'messages' })
  return list.map((message, index) => {
    if (!isSchema(message) || typeof message['role'] !== 'string' || typeof message['content'] !== 'string') {
      throw new Refusal(400, `Invalid value for 'messages[${index}]'.`, { param: `messages[${index}]` })
    }
    return { role: message['role'], content: message['content'] }
  })
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/

function schemaOf(body: Body): JsonSchema | undefined {
  const format = body['response_format']
  if (!isSchema(format) || format['type'] !== 'json_schema') return undefined
  const declared = format['json_schema']
  if (!isSchema(declared)) throw refusedFormat("Missing required parameter: 'response_format.json_schema'.")
  const { name, schema, strict } = declared
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw refusedFormat("Invalid 'response_format.json_schema.name': it must match '^[a-zA-Z0-9_-]{1,64}$'.")
  }
  if (!isSchema(schema)) throw refusedFormat("Missing required parameter: 'response_format.json_schema.schema'.")
  const fault = strict === true ? strictSchemaFault(schema) : undefined
  if (fault !== undefined) throw refusedFormat(`Invalid schema for response_format '${name}': ${fault}`)
  return schema
}

function refusedFormat(message: string): Refusal {
  return new Refusal(400, message, { param: 'response_format' })
}

interface Spoken {
  readonly content: string | null
  readonly refusal: string | null
  readonly finishReason: 'stop' | 'length'
}

function spoilt(usual: string, fault: Fault | undefined): Spoken {
  if (fault?.kind === 'refusal') {
    return { content: null, refusal: fault.message ?? "I'm sorry, I cannot help with that.", finishReason: 'stop' }
  }
  if (fault?.kind === 'length') {
    return { content: usual.slice(0, Math.ceil(usual.length / 2)), refusal: null, finishReason: 'length' }
  }
  if (fault?.kind === 'invalid-json')
    return { content: `Sure! Here it is: ${usual}`, refusal: null, finishReason: 'stop' }
  return { content: fault?.kind === 'text' ? fault.text : usual, refusal: null, finishReason: 'stop' }
}

const CHARACTERS_PER_TOKEN = 4

function tokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN)
}
