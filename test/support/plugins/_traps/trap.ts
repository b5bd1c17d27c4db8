import { access, appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { AnyDriverDefinition, AttemptContext } from 'aftercall'
import { createDriver, runDriver } from '../../../../core/contracts/erased.ts'

/** When a trap catches an attempt: nothing is done yet, or everything but the engine's commit. */
export type Moment = 'before its work' | 'after its work'

/** The folder of the traps; tests set it for worker processes. */
export const TRAPS = 'TEST_TRAPS'

/** The file that sets a trap for the next attempt of a stage of a call. */
export function trapFile(traps: string, callSid: string, stage: string, moment: Moment): string {
  return join(traps, [callSid, stage, moment.replaceAll(' ', '-')].join('.'))
}

/** Where every attempt writes itself down as it begins: `CALL_SID STAGE` per line. */
export function ledgerFile(traps: string): string {
  return join(traps, 'ledger')
}

/** The file that lets those go who are caught. */
export function releaseFile(traps: string): string {
  return join(traps, 'release')
}

/** The real driver, between two traps. */
export function trapped(definition: AnyDriverDefinition): AnyDriverDefinition {
  const { stage } = definition.contract
  return {
    ...definition,
    create: (options, services) => {
      const inner = createDriver(definition, options, services)
      return {
        ...inner,
        run: async (input: { readonly call: { readonly callSid: string } }, context) => {
          const traps = process.env[TRAPS] ?? ''
          const caught = (moment: Moment) => fall(traps, input.call.callSid, stage, moment, context)
          await appendFile(ledgerFile(traps), `${input.call.callSid} ${stage}\n`)
          await caught('before its work')
          const output = await runDriver(inner, input, context)
          await caught('after its work')
          return output
        },
      }
    },
  }
}

/** Where a trap is set: says so in the log, and holds the attempt until it is aborted or released. */
async function fall(
  traps: string,
  callSid: string,
  stage: string,
  moment: Moment,
  { logger, signal }: AttemptContext,
): Promise<void> {
  const file = trapFile(traps, callSid, stage, moment)
  if (!(await exists(file))) return
  await rm(file)
  logger.info(`Trapped ${moment}`)
  while (!(await exists(releaseFile(traps)))) await pause(10, undefined, { signal })
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
