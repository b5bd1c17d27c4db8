import { AftercallError, thrownMessage } from '../../contracts/errors.ts'

/** What a check of `doctor` found. `warn` is for what works without, or will stop working. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do about it; with every `warn` and `fail`. */
  readonly remedy?: string
}

export function ok(name: string, message: string): Finding {
  return { name, status: 'ok', message }
}

export function warn(name: string, message: string, remedy: string): Finding {
  return { name, status: 'warn', message, remedy }
}

export function fail(name: string, message: string, remedy: string): Finding {
  return { name, status: 'fail', message, remedy }
}

/** What was thrown by something that was only asked whether it works. */
export function failed(name: string, thrown: unknown, remedy: string): Finding {
  if (thrown instanceof AftercallError) return fail(name, thrown.message, thrown.remedy)
  return fail(name, thrownMessage(thrown), remedy)
}
