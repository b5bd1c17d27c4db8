import type { Logger } from '../contracts/index.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

/** A logger that keeps what it is told, children included. */
export function recordingLogger(): { readonly logger: Logger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const loggerWith = (bindings: object): Logger => {
    const at =
      (level: LogLine['level']) =>
      (first: object | string, second?: string): void => {
        const fields = typeof first === 'string' ? bindings : { ...bindings, ...first }
        lines.push({ level, fields, message: typeof first === 'string' ? first : (second ?? '') })
      }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (more) => loggerWith({ ...bindings, ...more }),
    }
  }
  return { logger: loggerWith({}), lines }
}

/** The values of options whose names say that they are secret. Very short ones would be found everywhere. */
export function secretsOf(options: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    /key|token|secret|password/i.test(name) && typeof value === 'string' && value.length >= 8 ? [value] : [],
  )
}
