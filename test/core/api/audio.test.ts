import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect } from 'chai'
import type { Media, Recording } from '../../../core/contracts/index.ts'
import { ADMIN_TOKEN, type Api, openApi } from '../../support/api.ts'
import { CALL, checkpoint, claimOne, RECORDING, recordingCallback, sidOf, statusCallback } from '../../support/calls.ts'
import { freshFolder } from '../../support/folder.ts'
import { send } from '../../support/twilio-request.ts'

const PATH = `/api/calls/${CALL}/audio`
const BYTES = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
const SHA256 = createHash('sha256').update(BYTES).digest('hex')
const RECORDED: Recording = {
  store: 'filesystem',
  key: `local/${RECORDING}.wav`,
  url: 'file:///somewhere',
  mediaType: 'audio/wav',
  extension: '.wav',
  bytes: BYTES.length,
  sha256: SHA256,
  durationSec: 6,
  channels: 2,
}

describe('GET /api/calls/:callSid/audio', () => {
  const folder = freshFolder()
  let api: Api

  const open = async (media?: Media) => {
    api = await openApi(folder.path, media === undefined ? {} : { media })
  }
  afterEach(() => api.close())

  /** A call whose recording is kept, with its file. */
  const store = async (changes: Partial<Recording> = {}) => {
    await mkdir(join(api.recordings, 'local'), { recursive: true })
    await writeFile(join(api.recordings, RECORDED.key), BYTES)
    await api.store.ingestRecording(recordingCallback(), api.plan)
    const { hold } = await claimOne(api.store)
    const artifacts = [{ stage: 'recording-store', name: 'recording', value: { ...RECORDED, ...changes } }]
    await api.store.commit(checkpoint(hold, { artifacts }))
  }

  /** Every answer's bytes are compared as text of one byte per character. */
  const get = async (headers: Readonly<Record<string, string>> = {}, method = 'GET') => {
    const outgoing = request({
      host: '127.0.0.1',
      port: api.port,
      path: PATH,
      method,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
      agent: false,
    }).end()
    const [incoming] = await once(outgoing, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    return { status: incoming.statusCode, headers: incoming.headers, bytes: Buffer.concat(chunks) }
  }

  it('streams the whole recording', async () => {
    await open()
    await store()
    const { status, headers, bytes } = await get()
    expect(status).to.equal(200)
    expect(bytes.equals(BYTES)).to.equal(true)
    expect(headers).to.include({
      'content-type': 'audio/wav',
      'content-length': `${BYTES.length}`,
      'accept-ranges': 'bytes',
      etag: `"${SHA256}"`,
      'x-content-type-options': 'nosniff',
    })
  })

  for (const [range, start, end] of [
    ['bytes=0-9', 0, 9],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=-5', 99_995, 99_999],
    ['bytes=500-999999', 500, 99_999],
  ] as const) {
    it(`answers 206 to ${range}`, async () => {
      await open()
      await store()
      const { status, headers, bytes } = await get({ Range: range })
      expect(status).to.equal(206)
      expect(headers['content-range']).to.equal(`bytes ${start}-${end}/${BYTES.length}`)
      expect(headers['content-length']).to.equal(`${end - start + 1}`)
      expect(bytes.equals(BYTES.subarray(start, end + 1))).to.equal(true)
    })
  }

  it('answers 416 to a range beyond the end', async () => {
    await open()
    await store()
    const { status, headers } = await get({ Range: `bytes=${BYTES.length}-` })
    expect(status).to.equal(416)
    expect(headers['content-range']).to.equal(`bytes */${BYTES.length}`)
  })

  it('answers the whole to a range of something older', async () => {
    await open()
    await store()
    expect((await get({ Range: 'bytes=0-9', 'If-Range': '"another"' })).status).to.equal(200)
    expect((await get({ Range: 'bytes=0-9', 'If-Range': `"${SHA256}"` })).status).to.equal(206)
  })

  it('answers HEAD with the length and no bytes', async () => {
    await open()
    await store()
    const { status, headers, bytes } = await get({}, 'HEAD')
    expect(status).to.equal(200)
    expect(headers['content-length']).to.equal(`${BYTES.length}`)
    expect(bytes).to.have.length(0)
  })

  it('serves ranges where only the store knows the length', async () => {
    await open()
    await store({ bytes: null, sha256: null })
    const { status, bytes } = await get({ Range: 'bytes=-5' })
    expect(status).to.equal(206)
    expect(bytes.equals(BYTES.subarray(-5))).to.equal(true)
  })

  it('serves the whole where nobody knows the length', async () => {
    await open({ open: async () => ({ stream: Readable.from([BYTES]), total: null }), delete: async () => {} })
    await store({ bytes: null, sha256: null })
    const { status, headers, bytes } = await get({ Range: 'bytes=0-9' })
    expect(status).to.equal(200)
    expect(headers['accept-ranges']).to.equal('none')
    expect(bytes.equals(BYTES)).to.equal(true)
  })

  it('answers 404 where there is no call, no run, or nothing stored yet', async () => {
    await open()
    expect((await api.get(`/api/calls/${sidOf('CA', 'none')}/audio`)).status).to.equal(404)
    await api.store.ingestStatus(statusCallback())
    expect((await api.get(PATH)).status).to.equal(404)
    await api.store.ingestRecording(recordingCallback(), api.plan)
    const answer = await api.get(PATH)
    expect(answer.status).to.equal(404)
    expect(answer.body).to.have.nested.property('error.code', 'not-found')
  })

  it('answers 404 where the file is gone', async () => {
    await open()
    await store({ key: 'local/RE00000000000000000000000000000000.wav' })
    const answer = await api.get(PATH)
    expect(answer.status).to.equal(404)
    expect(answer.body).to.have.nested.property('error.code', 'recording-not-found')
  })

  it('breaks the connection off when the store fails midway, so that nobody takes a part for the whole', async () => {
    const stream = () =>
      Readable.from(
        (async function* () {
          yield BYTES.subarray(0, 10)
          throw new Error('the disk is gone')
        })(),
      )
    await open({ open: async () => ({ stream: stream(), total: BYTES.length }), delete: async () => {} })
    await store()
    let failed = false
    await get().catch(() => {
      failed = true
    })
    expect(failed).to.equal(true)
  })

  it('stops reading when the client goes away', async () => {
    const stream = new Readable({ read() {} })
    const closed = new Promise((resolve) => stream.once('close', resolve))
    let aborted: AbortSignal | undefined
    await open({
      open: async (_recording, _range, signal) => {
        aborted = signal
        return { stream, total: BYTES.length }
      },
      delete: async () => {},
    })
    await store()
    stream.push(BYTES.subarray(0, 10))
    const outgoing = request({
      host: '127.0.0.1',
      port: api.port,
      path: PATH,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
    }).end()
    outgoing.on('error', () => {})
    const [incoming] = await once(outgoing, 'response')
    incoming.on('error', () => {})
    outgoing.destroy()
    await closed
    expect(aborted?.aborted).to.equal(true)
  })

  it('asks for the token before anything else', async () => {
    await open()
    await store()
    expect((await send(api.port, PATH, { method: 'GET', headers: { Range: 'bytes=0-9' } })).status).to.equal(401)
  })
})
