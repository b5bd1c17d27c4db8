import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import type { Configuration } from '../core/configuration.ts'
import { withoutSecrets } from './redaction.ts'

/**
 * The log: JSON lines, `msg` as documented, times in ISO-8601 UTC, secrets left out by the names of their keys.
 * Written at once, by default to stdout, so that the last lines before a crash are there.
 */
export function createLogger(
  level: Configuration['logLevel'],
  stream: DestinationStream = destination({ dest: 1, sync: true }),
): Logger {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: withoutSecrets,
        log: withoutSecrets,
      },
      // withoutSecrets has done it; pino's own would do it again, and lose the name of the error's class.
      serializers: { err: (plain) => plain },
    },
    stream,
  )
}
