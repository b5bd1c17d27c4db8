import { expect } from 'chai'
import { rowsOf } from '../../../core/store/database.ts'
import { syncChore } from '../../../core/sync/chore.ts'
import { recordingLogger } from '../../../core/testing/log.ts'
import { startTwilioSandbox, type TwilioSandbox } from '../../../sandbox/twilio/index.ts'
import { sidOf } from '../../support/calls.ts'
import { onEachStore } from '../../support/stores.ts'
import { SHORT_RECORDING } from '../../support/surroundings.ts'
import { apiOf, syncOptions } from '../../support/sync.ts'

describe('the timer of sync', () => {
  onEachStore((store) => {
    let twilio: TwilioSandbox
    beforeEach(async () => {
      twilio = await startTwilioSandbox()
    })
    afterEach(() => twilio.close())

    const { signal } = new AbortController()
    function timer(authTokens: readonly string[] = [twilio.authToken]) {
      const { logger, lines } = recordingLogger()
      const chore = syncChore(syncOptions(store(), apiOf(twilio, { authTokens }), { logger }))
      return { lines, run: () => chore.run(signal) }
    }
    const makeDue = () => rowsOf(store().database, 'UPDATE sync SET due_at = NULL')

    it('says wrong credentials once, without a stack, until something else is wrong or all is well', async () => {
      const { lines, run } = timer(['wrong'])
      await run()
      for (let turn = 0; turn < 3; turn++) {
        await makeDue()
        await run()
      }
      expect(lines.filter(({ level }) => level === 'error').map(({ fields }) => fields)).to.deep.equal([
        {
          code: 'provider-credentials',
          remedy: 'Copy TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN from the Twilio console into .env, then restart.',
        },
      ])
    })

    it('says how many recordings it has found that no callback told of', async () => {
      const { lines, run } = timer()
      await run()
      await twilio.addRecording(sidOf('RE', 'lost'), { audio: SHORT_RECORDING, callSid: sidOf('CA', 'lost') })
      await makeDue()
      await run()
      expect(lines.map(({ message }) => message)).to.include('Sync found 1 recordings without a callback')
      await makeDue()
      await run()
      expect(lines.filter(({ level }) => level === 'warn')).to.have.length(1)
    })
  })
})
