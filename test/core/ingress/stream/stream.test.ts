import { readFile, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { readWavHeader, withFileSource } from '../../../../core/audio/index.ts'
import { mediaMessage, startMessage, stopMessage } from '../../../../sandbox/twilio/index.ts'
import { ACCOUNT, CALL, statusCallback } from '../../../support/calls.ts'
import { eventually } from '../../../support/eventually.ts'
import { freshFolder } from '../../../support/folder.ts'
import {
  IDS,
  openStreamDoor,
  PIECE,
  type RecordingRow,
  type StreamDoor,
  type StreamDoorOptions,
  sendPieces,
} from '../../../support/streams.ts'

const STOP = stopMessage(IDS, 1_000)
/** Seconds of both tracks. */
const PIECES_PER_SEC = 50

describe('A media stream', () => {
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

  /** The one recording that there is, and nothing else, once everything is finished. */
  async function onlyRecording(opened: StreamDoor): Promise<RecordingRow> {
    await opened.streams.close()
    const rows = await opened.recordings()
    expect(rows).to.have.length(1)
    const [row] = rows
    if (row?.file == null) throw new Error('the recording has no file')
    expect(await opened.files()).to.deep.equal([basename(row.file)])
    expect(finalised(opened)).to.deep.equal([`[FINALIZE] Saved recording_sid: ${row.recording_sid}`])
    return row
  }
  const finalised = (opened: StreamDoor) =>
    opened.lines.map(({ message }) => message).filter((message) => message.startsWith('[FINALIZE] Saved'))
  const soundOf = async ({ file }: RecordingRow) => {
    const path = file ?? ''
    const header = await withFileSource(path, readWavHeader)
    const bytes = (await readFile(path)).subarray(header.dataStart, header.dataStart + header.dataBytes)
    const channel = (index: number) => bytes.filter((_, at) => at % 2 === index)
    return { header, first: channel(0), second: channel(1) }
  }

  it('becomes a stereo recording with what the leg says on the first channel', async () => {
    const opened = await open()
    const client = await opened.begin()
    for (let index = 0; index < 60; index++) {
      for (const [track, byte] of [
        ['inbound', 0x11],
        ['outbound', 0x22],
      ] as const) {
        const audio = Buffer.alloc(160, byte)
        await client.send(mediaMessage(IDS, { track, chunk: index + 1, timestampMs: index * 20, audio }, index))
      }
    }
    await client.send({ event: 'dtmf', streamSid: IDS.streamSid, dtmf: { track: 'inbound_track', digit: '4' } })
    await client.send({ event: 'mark', streamSid: IDS.streamSid, mark: { name: 'x' } })
    await client.send({ event: 'of-tomorrow' })
    await client.send(STOP)
    expect(await client.closed).to.deep.equal({ code: 1000, reason: 'the stream has stopped' })

    const row = await onlyRecording(opened)
    expect(row).to.include({ source: 'stream', status: 'completed', duration_sec: 1.2, channels: 2, run_id: null })
    expect(row.recording_sid).to.match(/^RE[0-9a-f]{32}$/)
    const { header, first, second } = await soundOf(row)
    expect(header).to.include({
      encoding: 'mulaw',
      sampleRate: 8_000,
      channels: 2,
      extent: 'complete',
      durationSec: 1.2,
    })
    expect([new Set(first), new Set(second)]).to.deep.equal([new Set([0x11]), new Set([0x22])])
    const found = await opened.store.findCall(CALL)
    expect(found?.call).to.include({ account_sid: ACCOUNT, status: 'received', recording_sid: null })
    expect(JSON.stringify(opened.lines)).not.to.include('"4"')
  })

  for (const [direction, first] of [
    ['inbound', 0x11],
    ['outbound-api', 0x11],
    ['outbound-dial', 0x22],
  ] as const) {
    it(`of an ${direction} call has the parent leg on the first channel`, async () => {
      const opened = await open()
      await opened.store.ingestStatus(statusCallback({ direction, callStatus: 'in-progress' }))
      const client = await opened.begin()
      for (let index = 0; index < 60; index++) {
        const piece = { chunk: index + 1, timestampMs: index * 20 }
        await client.send(mediaMessage(IDS, { ...piece, track: 'inbound', audio: Buffer.alloc(160, 0x11) }, 1))
        await client.send(mediaMessage(IDS, { ...piece, track: 'outbound', audio: Buffer.alloc(160, 0x22) }, 1))
      }
      client.close()
      await client.closed
      expect((await soundOf(await onlyRecording(opened))).first[0]).to.equal(first)
    })
  }

  it('has silence where pieces were lost, for as long as they would have lasted', async () => {
    const opened = await open()
    const client = await opened.begin()
    await sendPieces(client, 25)
    await sendPieces(client, 25, { from: 75 })
    await client.send(STOP)
    const { header, first } = await soundOf(await onlyRecordingAfter(opened, client))
    expect(header.durationSec).to.equal(2)
    expect(new Set(first.subarray(4_000, 12_000))).to.deep.equal(new Set([0xff]))
    expect(new Set([...first.subarray(0, 4_000), ...first.subarray(12_000)])).to.deep.equal(new Set([0x20]))
  })

  it('is the same with its pieces out of order and repeated', async () => {
    const opened = await open()
    const client = await opened.begin()
    const piece = (index: number) =>
      mediaMessage(
        IDS,
        { track: 'inbound', chunk: index + 1, timestampMs: index * 20, audio: Buffer.alloc(160, index) },
        index,
      )
    for (let index = 0; index < 60; index += 2) {
      for (const sent of [index + 1, index, index + 1, index]) await client.send(piece(sent))
    }
    await client.send(STOP)
    const { first } = await soundOf(await onlyRecordingAfter(opened, client))
    expect(first.filter((_, at) => at % 160 === 0)).to.deep.equal(Buffer.from(Array.from({ length: 60 }, (_, i) => i)))
    expect(first).to.have.length(60 * 160)
  })

  async function onlyRecordingAfter(opened: StreamDoor, client: { closed: Promise<unknown> }): Promise<RecordingRow> {
    await client.closed
    return onlyRecording(opened)
  }

  it('with less than a second is dropped', async () => {
    const opened = await open()
    const client = await opened.begin()
    await sendPieces(client, 10)
    await client.send(STOP)
    await client.closed
    await opened.streams.close()
    expect(await opened.recordings()).to.deep.equal([])
    expect(await opened.files()).to.deep.equal([])
    expect(opened.lines.at(-1)?.message).to.equal(
      '[FINALIZE] Dropped a stream of 200 ms: there is nothing to hear in it',
    )
  })

  describe('is finished exactly once', () => {
    for (const [what, ends] of [
      ['the cable is pulled', (client) => client.cut()],
      ['the socket closes without a word', (client) => client.close()],
      [
        'stop comes twice, and then the socket breaks',
        async (client) => {
          await client.send(STOP)
          await client.send(STOP)
          client.cut()
        },
      ],
      [
        'the socket closes while it stops',
        (client) => {
          void client.send(STOP)
          client.close()
        },
      ],
      ['garbage comes', (client) => client.send('{'), 1007],
      ['a frame of a megabyte comes', (client) => client.send('x'.repeat(1 << 20)), 1009],
      ['invalid UTF-8 comes', (client) => client.send(Buffer.from([0xff])), 1003],
    ] as const satisfies readonly (readonly [string, (client: Client) => unknown, number?])[]) {
      it(`when ${what}`, async () => {
        const opened = await open()
        const client = await opened.begin()
        await sendPieces(client, PIECES_PER_SEC)
        await ends(client)
        await client.closed
        expect((await onlyRecordingAfterAll(opened)).duration_sec).to.equal(1)
      })
    }

    it('when the server stops in the middle of it, and is told so twice', async () => {
      const opened = await open()
      const client = await opened.begin()
      await sendPieces(client, PIECES_PER_SEC)
      await eventually('all of it is on disk', async () => {
        const path = join(opened.root, `${CALL}.${IDS.streamSid}`, 'outbound.ulaw')
        return stat(path).then(
          ({ size }) => size === 8_000 || undefined,
          () => undefined,
        )
      })
      await Promise.all([opened.streams.close(), opened.streams.close(), opened.server.close()])
      expect((await client.closed).code).to.equal(1001)
      expect((await onlyRecordingAfterAll(opened)).duration_sec).to.equal(1)
    })

    /** The socket may be closed before the server has noticed. */
    async function onlyRecordingAfterAll(opened: StreamDoor): Promise<RecordingRow> {
      await eventually('the stream is over', () => opened.streams.sockets === 0 || undefined)
      return onlyRecording(opened)
    }
  })

  type Client = Awaited<ReturnType<StreamDoor['begin']>>

  describe('is refused, with a close code and one warning,', () => {
    const faults: readonly (readonly [string, number, string, readonly (object | string | Buffer)[]])[] = [
      ['a binary frame', 1003, 'a binary message came', [Buffer.from('{}')]],
      ['text that is no JSON', 1007, 'a message is no JSON object with an event', ['{"event":']],
      ['JSON that is no message', 1007, 'a message is no JSON object with an event', ['[1]']],
      ['a frame of a megabyte', 1009, 'Max payload size exceeded', ['x'.repeat(1 << 20)]],
      ['media before start', 1002, 'media came before start', [media({})]],
      ['stop before start', 1002, 'stop came before start', [STOP]],
      ['a second start', 1002, 'a second start came', [startMessage(IDS), startMessage(IDS)]],
      ['media of another stream', 1002, 'a message of another stream came', [startMessage(IDS), media({}, 'MZ0')]],
      [
        'stop of another stream',
        1002,
        'a message of another stream came',
        [startMessage(IDS), { ...STOP, streamSid: '' }],
      ],
      [
        'a callSid that is none',
        1007,
        malformed('start.start.callSid'),
        [startMessage({ ...IDS, callSid: '../../etc' })],
      ],
      [
        'an accountSid that is none',
        1007,
        malformed('start.start.accountSid'),
        [startMessage({ ...IDS, accountSid: 'x' })],
      ],
      [
        'a streamSid that is none',
        1007,
        malformed('start.start.streamSid'),
        [startMessage({ ...IDS, streamSid: 'MZ/..' })],
      ],
      ['another rate', 1007, malformed('start.start.mediaFormat.sampleRate'), [withFormat({ sampleRate: 16_000 })]],
      [
        'another encoding',
        1007,
        malformed('start.start.mediaFormat.encoding'),
        [withFormat({ encoding: 'audio/l16' })],
      ],
      ['two channels', 1007, malformed('start.start.mediaFormat.channels'), [withFormat({ channels: 2 })]],
      [
        'a payload that is no base64',
        1007,
        malformed('media.media.payload'),
        [startMessage(IDS), media({ payload: '!' })],
      ],
      ['a track that there is not', 1007, malformed('media.media.track'), [startMessage(IDS), media({ track: 'x' })]],
      [
        'a negative timestamp',
        1007,
        malformed('media.media.timestamp'),
        [startMessage(IDS), media({ timestamp: '-20' })],
      ],
      [
        'ten days of silence',
        1008,
        'the stream is longer than 14400 s',
        [startMessage(IDS), media({ timestamp: '864000000' })],
      ],
      [
        'a timestamp of 2 GB',
        1008,
        'the stream is longer than 14400 s',
        [startMessage(IDS), media({ timestamp: '268435456' })],
      ],
      [
        'an hour of silence',
        1008,
        'a timestamp lies 3600 s ahead',
        [startMessage(IDS), media({ timestamp: '3600000' })],
      ],
    ]

    for (const [what, code, reason, messages] of faults) {
      it(`for ${what}`, async () => {
        const opened = await open()
        const client = await opened.connect()
        for (const message of messages) await client.send(message)
        expect((await client.closed).code).to.equal(code)
        await opened.streams.close()
        const warnings = opened.warnings()
        expect(warnings).to.have.length(1)
        expect(String(Object.getOwnPropertyDescriptor(warnings[0]?.fields, 'reason')?.value)).to.include(reason)
        expect(await opened.recordings()).to.deep.equal([])
        expect(await opened.files()).to.deep.equal([])
      })
    }

    function media(changes: object, streamSid = IDS.streamSid) {
      const message = mediaMessage(IDS, { track: 'inbound', chunk: 1, timestampMs: 0, audio: PIECE }, 1)
      return { ...message, streamSid, media: { ...message.media, ...changes } }
    }
    function withFormat(changes: object) {
      const message = startMessage(IDS)
      return { ...message, start: { ...message.start, mediaFormat: { ...message.start.mediaFormat, ...changes } } }
    }
    /** Where the fault is, in the message. */
    function malformed(place: string): string {
      return `a message is not as Twilio sends it: ${place} `
    }

    it('when no start comes in time', async () => {
      const opened = await open({ limits: { startMs: 20 } })
      const client = await opened.connect()
      await client.send({ event: 'connected', protocol: 'Call', version: '1.0.0' })
      expect(await client.closed).to.deep.equal({ code: 1008, reason: 'no start came within 20 ms' })
      expect(opened.warnings()).to.have.length(1)
    })

    it('when nothing comes any more, and what came is kept', async () => {
      const opened = await open({ limits: { idleMs: 1_000 } })
      const client = await opened.begin()
      await sendPieces(client, PIECES_PER_SEC)
      expect(await client.closed).to.deep.equal({ code: 1008, reason: 'nothing came for 1000 ms' })
      expect((await onlyRecording(opened)).duration_sec).to.equal(1)
    })

    it('when it is here already', async () => {
      const opened = await open()
      const first = await opened.begin()
      await sendPieces(first, PIECES_PER_SEC)
      const second = await opened.begin()
      expect(await second.closed).to.deep.equal({ code: 1008, reason: 'this stream is here already' })
      await first.send(STOP)
      expect((await onlyRecordingAfter(opened, first)).duration_sec).to.equal(1)
    })

    it('beyond the longest duration, and what came is kept', async () => {
      const opened = await open({ limits: { durationMs: 2_000 } })
      const client = await opened.begin()
      await sendPieces(client, 101)
      expect((await client.closed).code).to.equal(1008)
      expect((await onlyRecording(opened)).duration_sec).to.equal(2)
    })
  })

  it('that is played again has no second effect', async () => {
    const opened = await open()
    for (const _ of [1, 2]) {
      const client = await opened.begin()
      await sendPieces(client, PIECES_PER_SEC)
      await client.send(STOP)
      await client.closed
      await eventually('the stream is over', () => opened.streams.sockets === 0 || undefined)
    }
    await onlyRecording(opened)
  })

  it('survives bytes that are no WebSocket frames', async () => {
    const opened = await open()
    const client = await opened.begin()
    await sendPieces(client, PIECES_PER_SEC)
    const raw = connect(opened.server.port, '127.0.0.1')
    raw.write('GET /twilio/stream HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\xff\xff\xff\xff')
    await new Promise((resolve) => raw.once('close', resolve).resume())
    await client.send(STOP)
    expect((await onlyRecordingAfter(opened, client)).duration_sec).to.equal(1)
  })
})
