import { intro, isCancel, password, text } from '@clack/prompts'
import { Malformed, type Reading } from '../../../config/setting.ts'
import { AftercallError } from '../../contracts/errors.ts'
import type { CommandIo } from '../io.ts'
import { type Answers, QUESTIONS } from './questions.ts'

/** Asks for what the flags left open. Every answer may be empty: a setup can grow. */
export async function ask(given: Answers, io: CommandIo): Promise<Answers> {
  const streams = { input: io.stdin, output: io.stderr }
  const answers: { -readonly [Name in keyof Answers]: string } = { ...given }
  intro('Aftercall: leave empty what you do not have yet.', streams)
  for (const { name, asked, text: message, reading } of QUESTIONS) {
    if (asked === 'never' || answers[name] !== undefined) continue
    const validate = (answer: string | undefined) => faultOf(reading, answer)
    const answer = await (asked === 'hidden' ? password : text)({ message, validate, ...streams })
    if (isCancel(answer)) throw new AftercallError('interrupted: nothing was written', CANCELLED)
    const trimmed = answer?.trim() ?? ''
    if (trimmed !== '') answers[name] = trimmed
  }
  return answers
}

const CANCELLED = { code: 'cancelled', remedy: 'Start `aftercall init` again; --yes and flags ask nothing.' } as const

function faultOf(reading: Reading<unknown>, answer: string | undefined): string | undefined {
  const trimmed = answer?.trim() ?? ''
  if (trimmed === '') return undefined
  try {
    reading(trimmed)
    return undefined
  } catch (thrown) {
    if (thrown instanceof Malformed) return thrown.message
    throw thrown
  }
}
