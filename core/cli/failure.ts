import { AftercallError, thrownMessage } from '../contracts/errors.ts'
import { EXIT, type ExitCode } from './exit.ts'

/**
 * What a person reads when a command threw. Errors thrown on purpose say what to do and hide the stack, which says
 * nothing to their reader; anything else is a fault of ours, and its stack is what a report of it needs.
 */
export function describeFailure(thrown: unknown): { readonly text: string; readonly exit: ExitCode } {
  if (thrown instanceof AftercallError) {
    const exit = thrown.code === 'bad-configuration' ? EXIT.misconfigured : EXIT.failed
    return { text: `error ${thrown.code}: ${thrown.message}\n${thrown.remedy}\n`, exit }
  }
  const stack = thrown instanceof Error && thrown.stack !== undefined ? `${thrown.stack}\n` : ''
  return { text: `error internal: ${thrownMessage(thrown)}\n${stack}`, exit: EXIT.failed }
}
