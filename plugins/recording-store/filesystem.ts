import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Call, defineDriver, type Recording, recordingStore, Type } from 'aftercall'
import { withFileSource } from 'aftercall/audio'
import { accountOptions, addressOf, checkedRecordingSid, recordingUrl } from '../_twilio/account.ts'
import { twilioRecordings } from '../_twilio/media.ts'
import { downloadOf } from './_download.ts'
import { land, removeAbandoned } from './_landing.ts'
import { openLocal } from './_local-file.ts'
import { type Announcement, type Proof, proveRecording, truncated } from './_proof.ts'
import { eraseKept, findKept, openKept } from './_shelf.ts'
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
    let tidied: Promise<void> | undefined

    async function store(source: Source, kept: Kept): Promise<Recording> {
      const { signal, announced, url } = kept
      const { stream, bytes: expected } = source
      const landed = await land(dir, stream, signal, async ({ path, bytes }) => {
        if (expected !== null && bytes !== expected) {
          throw truncated(`the recording is cut short: ${bytes} of ${expected} bytes came`, announced.source)
        }
        const proof = await withFileSource(path, (file) => proveRecording(file, announced))
        return { proof, place: kept.place(proof.extension) }
      })
      return recordingOf(landed, url ?? pathToFileURL(landed.path).href)
    }

    async function fromTwilio(call: Call, attempt: number, signal: AbortSignal): Promise<Recording> {
      const address = addressOf(call, account)
      const place = `${address.accountSid}/${address.recordingSid}.wav`
      const url = recordingUrl(account, address)
      const announced = { durationSec: call.durationSec, source: 'remote' } as const
      const kept = await findKept(join(dir, place), announced, signal)
      if (kept !== undefined) return recordingOf({ ...kept, place }, url)
      const { response } = await twilio.media({ address, channels: 'separate', attempt, signal })
      return await store(await downloadOf(response), { announced, url, signal, place: () => place })
    }

    async function fromFile(call: Call, signal: AbortSignal): Promise<Recording> {
      const sid = checkedRecordingSid(call.recordingSid)
      const announced = { durationSec: null, source: 'local' } as const
      const place = (extension: string) => `local/${sid}${extension}`
      return await store(await openLocal(call.file), { announced, url: undefined, signal, place })
    }

    return {
      async run({ call }, { signal, attempt }) {
        signal.throwIfAborted()
        try {
          tidied ??= removeAbandoned(dir).catch((error: unknown) => {
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

interface Kept {
  readonly announced: Announcement
  /** Undefined: the file's own. */
  readonly url: string | undefined
  readonly signal: AbortSignal
  /** Where it goes below the folder; the extension is known once its bytes are there. */
  readonly place: (extension: string) => string
}

interface Source {
  readonly stream: Parameters<typeof land>[1]
  /** How many bytes there are to come, where that is known. */
  readonly bytes: number | null
}

function recordingOf(
  stored: { readonly place: string; readonly bytes: number; readonly sha256: string; readonly proof: Proof },
  url: string,
): Recording {
  const { place, bytes, sha256, proof } = stored
  return { store: 'filesystem', key: place, url, bytes, sha256, ...proof }
}
