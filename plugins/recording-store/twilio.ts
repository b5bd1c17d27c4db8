import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { defineDriver, PermanentError, type Recording, recordingStore, Type, UnavailableError } from 'aftercall'
import { bufferSource } from 'aftercall/audio'
import { accountOptions, addressOf, checkAccount, type RecordingAddress, recordingUrl } from '../_twilio/account.ts'
import { type Channels, twilioRecordings } from '../_twilio/media.ts'
import { downloadOf } from './_download.ts'
import { cut, extentOf } from './_part.ts'
import { proveRecording } from './_proof.ts'

/** A WAV header, with room for whatever chunks may come before the sound. */
const HEADER_BYTES = 4096

export default defineDriver(recordingStore, {
  description: 'Leaves recordings at Twilio and fetches them when they are needed',
  options: Type.Object({ ...accountOptions }, { additionalProperties: false }),
  create: (account, services) => {
    const twilio = twilioRecordings(services.fetch, account)
    return {
      async run({ call }, { signal, attempt }) {
        signal.throwIfAborted()
        if (call.source !== 'twilio') {
          throw new UnavailableError('this recording is not at Twilio, so it cannot be left there', {
            remedy: 'Give the recording-store stage `fallback: [{ use: filesystem }]`.',
          })
        }
        const address = addressOf(call, account)
        const range = { start: 0, end: HEADER_BYTES - 1 }
        const answer = await twilio.media({ address, channels: 'separate', range, attempt, signal })
        const { total } = extentOf(answer.response)
        const again = async (start: number, ifRange: string | undefined) => {
          const rest = {
            address,
            channels: answer.channels,
            range: { start, end: range.end },
            ifRange,
            attempt,
            signal,
          }
          return (await twilio.media(rest)).response
        }
        const { stream } = await downloadOf({ response: answer.response, again, signal })
        const head = await buffer(cut(stream, range))
        const announced = { durationSec: call.durationSec, source: 'remote' } as const
        const proof = await proveRecording(bufferSource(head, total ?? head.length), announced)
        const key = keyOf(address, answer.channels)
        return { store: 'twilio', key, url: recordingUrl(account, address), bytes: total, sha256: null, ...proof }
      },
      async open(recording, range, signal) {
        const { address, channels } = readKey(recording)
        const { response } = await twilio.media({ address, channels, range, attempt: 1, signal })
        const { total, ranged } = extentOf(response)
        const again = async (start: number, ifRange: string | undefined) => {
          const rest = { ...range, start }
          return (await twilio.media({ address, channels, range: rest, ifRange, attempt: 1, signal })).response
        }
        const start = ranged ? range?.start : 0
        const { stream } = await downloadOf({ response, again, signal, ...(start === undefined ? {} : { start }) })
        return { stream: range === undefined || ranged ? stream : Readable.from(cut(stream, range)), total }
      },
      delete: (recording) => twilio.erase(readKey(recording).address),
      async check() {
        checkAccount(account)
      },
    }
  },
})

/** Which recording, and whether Twilio has its channels separately: `AC…/RE…/separate`. */
function keyOf({ accountSid, recordingSid }: RecordingAddress, channels: Channels): string {
  return [accountSid, recordingSid, channels].join('/')
}

function readKey({ key }: Recording): { readonly address: RecordingAddress; readonly channels: Channels } {
  const [accountSid = '', recordingSid = '', channels] = key.split('/')
  if (channels !== 'separate' && channels !== 'mixed') {
    throw new PermanentError(`${JSON.stringify(key.slice(0, 80))} is no key of a recording at Twilio`, {
      code: 'recording-not-found',
    })
  }
  return { address: addressOf({ accountSid, recordingSid }, { accountSid }), channels }
}
