import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openTrackFile } from '../../../../core/ingress/stream/folder.ts'
import { STREAM_LIMITS } from '../../../../core/ingress/stream/limits.ts'
import { stopMessage } from '../../../../sandbox/twilio/index.ts'
import { ACCOUNT, CALL } from '../../../support/calls.ts'
import { eventually } from '../../../support/eventually.ts'
import { freshFolder } from '../../../support/folder.ts'
import {
  IDS,
  openStreamDoor,
  PIECE,
  STREAM,
  type StreamDoor,
  type StreamDoorOptions,
  sendPieces,
} from '../../../support/streams.ts'

const STOP = stopMessage(IDS, 1_000)
const HOUR = 3_600 * 50

describe('The disk under media streams', () => {
  const folder = freshFolder()
  let door: StreamDoor | undefined
  const open = async (options?: StreamDoorOptions) => {
    door = await openStreamDoor(folder.path, options)
    return door
  }
  afterEach(async () => {
    await door?.close()
    door = undefined
  })
  const isOver = (opened: StreamDoor) =>
    eventually('the stream is over', () => opened.streams.sockets === 0 || undefined)
  const peak = (opened: StreamDoor) =>
    opened.lines.flatMap(({ fields }) => {
      const value: unknown = Object.getOwnPropertyDescriptor(fields, 'peakBufferedBytes')?.value
      return typeof value === 'number' ? [value] : []
    })

  /** A disk that writes nothing until it is let. */
  function stuckDisk() {
    const gate = Promise.withResolvers<void>()
    const open = async (path: string) => {
      const file = await openTrackFile(path)
      return {
        async write(...given: Parameters<typeof file.write>) {
          await gate.promise
          return file.write(...given)
        },
        close: () => file.close(),
      }
    }
    return { open, release: gate.resolve }
  }

  it('may be stuck: the socket is paused, little waits in memory, and nothing is lost', async () => {
    const disk = stuckDisk()
    const opened = await open({ open: disk.open, limits: { bufferedBytes: 16 * 1024 } })
    const client = await opened.begin()
    // Far more than the buffers of both ends of a connection hold, so that sending stops where reading does.
    const audio = Buffer.alloc(32_000, 0x20)
    const count = 600
    let sent = 0
    const sending = (async () => {
      for (let index = 0; index < count; index++) {
        const payload = audio.toString('base64')
        const media = { track: 'inbound', chunk: String(index + 1), timestamp: String(index * 4_000), payload }
        await client.send({ event: 'media', streamSid: STREAM, media })
        sent = index + 1
      }
      await client.send(STOP)
    })()
    let before = -1
    await eventually('sending has come to a halt', async () => {
      const halted = sent > 0 && sent === before
      before = sent
      await new Promise((resolve) => setTimeout(resolve, 50))
      return halted || undefined
    })
    expect(sent).to.be.lessThan(count)
    disk.release()
    await sending
    await client.closed
    await isOver(opened)
    const [row] = await opened.recordings()
    expect(row?.duration_sec).to.equal(count * 4)
    // What was read in one go before the pause took hold comes on top.
    expect(peak(opened)[0]).to.be.lessThan(16 * 1024 + 4 * audio.length)
  })

  it('gets an hour of audio, of which next to nothing is ever in memory', async function () {
    this.timeout(60_000)
    const opened = await open()
    const client = await opened.begin()
    // 8,000 bytes a message, so that the test is about bytes and not about parsing.
    for (let index = 0; index < HOUR / 50; index++) {
      const media = { chunk: String(index + 1), timestamp: String(index * 1_000), payload: SECOND.toString('base64') }
      for (const track of ['inbound', 'outbound']) {
        await client.send({ event: 'media', streamSid: STREAM, media: { ...media, track } })
      }
    }
    await client.send(STOP)
    await client.closed
    await isOver(opened)
    const [row] = await opened.recordings()
    expect(row?.duration_sec).to.equal(3_600)
    expect((await stat(row?.file ?? '')).size).to.equal(3_600 * 8_000 * 2 + 58)
    expect(peak(opened)[0]).to.be.lessThan(2 * STREAM_LIMITS.bufferedBytes)
  })

  it('may be full: the socket is closed with 1011, and the server goes on', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const opened = await open({
      open: async (path) => ({
        ...(await openTrackFile(path)),
        write: () => Promise.reject(full),
        close: async () => {},
      }),
    })
    const client = await opened.begin()
    await sendPieces(client, 50)
    expect(await client.closed).to.deep.equal({ code: 1011, reason: 'the audio cannot be written' })
    await isOver(opened)
    expect(opened.warnings()[0]?.fields).to.deep.include({ reason: 'the audio cannot be written', code: 1011 })
    ;(await opened.connect()).cut()
  })

  it('keeps what could not be committed, until it can be', async () => {
    const opened = await open()
    const client = await opened.begin()
    await sendPieces(client, 50)
    await opened.store.database.knex.schema.renameTable('recording', 'away')
    await client.send(STOP)
    await client.closed
    await isOver(opened)
    expect(await opened.files()).to.deep.equal([`${CALL}.${STREAM}`])
    await opened.streams.recover()
    expect(await opened.files()).to.include(`${CALL}.${STREAM}`)

    await opened.store.database.knex.schema.renameTable('away', 'recording')
    await opened.streams.recover()
    const [row] = await opened.recordings()
    expect(row).to.include({ duration_sec: 1, source: 'stream' })
    expect(await opened.files()).to.deep.equal([`${row?.recording_sid}.wav`])
  })

  describe('after a crash', () => {
    const NAME = `${CALL}.${STREAM}`
    const DEAD = { accountSid: ACCOUNT, host: hostname(), pid: 2 ** 22 + 1 }

    async function leave(owner: object | string | undefined, tracks: Readonly<Record<string, Buffer>>): Promise<void> {
      const path = join(folder.path, 'streams', NAME)
      await mkdir(path, { recursive: true })
      if (owner !== undefined) {
        await writeFile(join(path, 'stream.json'), typeof owner === 'string' ? owner : JSON.stringify(owner))
      }
      for (const [track, audio] of Object.entries(tracks)) await writeFile(join(path, `${track}.ulaw`), audio)
    }
    const SECOND_OF = { inbound: Buffer.alloc(8_000, 1), outbound: Buffer.alloc(4_000, 2) }

    it('has streams that are finished at the next start', async () => {
      await leave(DEAD, SECOND_OF)
      const opened = await open()
      await opened.streams.recover()
      const [row] = await opened.recordings()
      expect(row).to.include({ duration_sec: 1 })
      const sound = (await readFile(row?.file ?? '')).subarray(58)
      expect([sound[0], sound[1], sound[15_998], sound[15_999]]).to.deep.equal([1, 2, 1, 0xff])
      expect((await opened.store.findCall(CALL))?.call).to.include({ account_sid: ACCOUNT, status: 'received' })
    })

    it('finishes a stream whose row was committed, and nothing more', async () => {
      await leave(DEAD, SECOND_OF)
      const opened = await open()
      await opened.streams.recover()
      const [row] = await opened.recordings()
      if (row === undefined) throw new Error('there is no recording')
      await opened.store.forgetStreamFile(row.recording_sid)
      await leave(DEAD, SECOND_OF)
      await opened.streams.recover()
      expect(await opened.files()).to.deep.equal([`${row.recording_sid}.wav`])
      expect(await opened.recordings()).to.deep.equal([{ ...row, file: null }])
    })

    it('leaves a stream to a process that lives, and takes it when nobody has touched it for long', async () => {
      await leave({ ...DEAD, pid: process.ppid }, SECOND_OF)
      const opened = await open()
      await opened.streams.recover()
      expect(await opened.files()).to.deep.equal([NAME])
      const longAgo = new Date(Date.now() - STREAM_LIMITS.abandonedMs - 1_000)
      for (const name of ['', 'inbound.ulaw', 'outbound.ulaw']) {
        await utimes(join(opened.root, NAME, name), longAgo, longAgo)
      }
      await opened.streams.recover()
      expect(await opened.recordings()).to.have.length(1)
    })

    it('leaves streams of another host alone, and those that go on here', async () => {
      await leave({ ...DEAD, host: 'another' }, SECOND_OF)
      const opened = await open()
      const client = await opened.begin({ streamSid: `MZ${'6'.repeat(32)}` })
      await eventually('the stream has its folder', async () => (await opened.files()).length === 2 || undefined)
      await opened.streams.recover()
      expect(await opened.files()).to.have.length(2)
      client.cut()
      await client.closed
    })

    for (const [what, owner, tracks] of [
      ['nothing in its folder', undefined, {}],
      ['an owner that is no JSON', '{', {}],
      ['one track', '', { inbound: Buffer.alloc(8_000) }],
    ] as const) {
      it(`copes with ${what}`, async () => {
        await leave(owner, tracks)
        const opened = await open({ limits: { abandonedMs: -1 } })
        await opened.streams.recover()
        expect(opened.warnings()).to.deep.equal([])
        expect(await opened.recordings()).to.have.length('inbound' in tracks ? 1 : 0)
        expect((await opened.files()).filter((name) => name.startsWith('CA'))).to.deep.equal([])
      })
    }

    it('takes no notice of what else lies there', async () => {
      await mkdir(join(folder.path, 'streams', 'CA..MZ'), { recursive: true })
      const opened = await open({ limits: { abandonedMs: -1 } })
      await opened.streams.recover()
      expect(await opened.files()).to.deep.equal(['CA..MZ'])
    })
  })
})

const SECOND = Buffer.alloc(8_000, PIECE[0])
