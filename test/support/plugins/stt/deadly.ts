import { appendFile } from 'node:fs/promises'
import { defineDriver, stt, Type } from 'aftercall'
import { ledgerFile, TRAPS } from '../_traps/trap.ts'

/** What a recording does that makes a decoder crash: takes the whole process with it. */
export default defineDriver(stt, {
  options: Type.Object({}, { additionalProperties: false }),
  create: () => ({
    async run({ call }) {
      await appendFile(ledgerFile(process.env[TRAPS] ?? ''), `${call.callSid} stt\n`)
      process.kill(process.pid, 'SIGKILL')
      return await new Promise<never>(() => {})
    },
  }),
})
