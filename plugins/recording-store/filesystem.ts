import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Call, defineDriver, type Recording, recordingStore, Type } from 'aftercall'
import {
  accountOptions,
  addressOf,
  checkedRecordingSid,
  type RecordingAddress,
  recordingUrl,
} from '../_twilio/account.ts'
import { twilioRecordings } from '../_twilio/media.ts'
import { downloadOf } from './_download.ts'
import { Landing } from './_landing.ts'
import { openLocal } from './_local-file.ts'
import { eraseKept, findKept, type KeptRecording, keep, openKept } from './_shelf.ts'
import { storageFault } from './_storage-fault.ts'

const options = Type.Object(
  {
    dir: Type.String({
      default: '${DATA_DIR:-data}/recordings',
      format: 'path',
      minLength: 1,
      description: 'Folder of the recordings: `<account>/<recording>.wav` below it',
    }),
    ...accountOptions,
  },
  { additionalProperties: false },
)

export default defineDriver(recordingStore, {
  description: 'Keeps recordings as files in a folder',
  options,
  create: ({ dir, ...account }, services) => {
    const twilio = twilioRecordings(services.fetch, account)
    const landing = new Landing(dir)
    let tidied: Promise<void> | undefined

    async function fromTwilio(call: Call, attempt: number, signal: AbortSignal): Promise<Recording> {
      const address = addressOf(call, account)
      const place = `${address.accountSid}/${address.recordingSid}.wav`
      const announced = { durationSec: call.durationSec, source: 'remote' } as const
      const kept =
        (await findKept(dir, place, announced, signal)) ??
        (await keep(
          landing,
          { ...(await download(address, attempt, signal)), sid: address.recordingSid, announced, place: () => place },
          signal,
        ))
      return recordingOf(kept, recordingUrl(account, address))
    }

    async function download(address: RecordingAddress, attempt: number, signal: AbortSignal) {
      const { response, channels } = await twilio.media({ address, channels: 'separate', attempt, signal })
      const again = async (start: number, ifRange: string | undefined) => {
        const rest = await twilio.media({ address, channels, range: { start }, ifRange, attempt, signal })
        return rest.response
      }
      return await downloadOf({ response, again, signal })
    }

    async function fromFile(call: Call, signal: AbortSignal): Promise<Recording> {
      const sid = checkedRecordingSid(call.recordingSid)
      const announced = { durationSec: null, source: 'local' } as const
      const place = (extension: string) => `local/${sid}${extension}`
      // A stream never changes under its SID, and its own file is removed once it is here: a rerun finds it.
      const earlier = call.source === 'stream' ? await findKept(dir, place('.wav'), announced, signal) : undefined
      const kept = earlier ?? (await keep(landing, { ...(await openLocal(call.file)), sid, announced, place }, signal))
      return recordingOf(kept, pathToFileURL(join(dir, kept.place)).href)
    }

    return {
      async run({ call }, { signal, attempt }) {
        signal.throwIfAborted()
        try {
          tidied ??= landing.removeAbandoned().catch((error: unknown) => {
            services.logger.warn({ err: error }, 'what crashed attempts left behind cannot be removed')
          })
          await tidied
          return call.source === 'twilio' ? await fromTwilio(call, attempt, signal) : await fromFile(call, signal)
        } catch (error) {
          signal.throwIfAborted()
          throw storageFault(error, dir)
        }
      },
      open: (recording, range, signal) => openKept(dir, recording, range, signal),
      delete: (recording) => eraseKept(dir, recording),
      async check() {
        try {
          await mkdir(dir, { recursive: true, mode: 0o700 })
          await access(dir, constants.W_OK)
        } catch (error) {
          throw storageFault(error, dir)
        }
      },
    }
  },
})

function recordingOf({ place, bytes, sha256, proof }: KeptRecording, url: string): Recording {
  return { store: 'filesystem', key: place, url, bytes, sha256, ...proof }
}
