import { AftercallError } from '../contracts/index.ts'
import { type SyncOptions, sync } from './sync.ts'

/** How often it is looked whether a sync is due; the database knows when the last one was, whoever did it. */
const LOOK_MS = 60_000

/** The timer of a worker. What it cannot do it says once, and again when the reason changes. */
export function syncChore(options: SyncOptions) {
  const { logger } = options
  let problem: string | undefined
  return {
    name: 'sync with Twilio',
    everyMs: LOOK_MS,
    async run(signal: AbortSignal): Promise<void> {
      try {
        const summary = await sync(options, { occasion: 'timer', signal })
        if (summary === undefined) return
        problem = undefined
        const { started, ...counts } = summary
        const fields = { ...counts, started: started.length }
        if (started.length > 0) logger.warn(fields, `Sync found ${started.length} recordings without a callback`)
        else logger.debug(fields, 'Sync found nothing new')
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof AftercallError)) throw error
        const { code, message, remedy } = error
        if (problem !== message) logger.error({ code, remedy }, `Could not sync with Twilio: ${message}`)
        problem = message
      }
    },
  }
}
