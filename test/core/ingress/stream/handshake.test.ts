import { expect } from 'chai'
import { connectStream, HandshakeRefused, type StreamTarget } from '../../../../sandbox/twilio/index.ts'
import { PUBLIC_URL, TOKEN } from '../../../support/door.ts'
import { freshFolder } from '../../../support/folder.ts'
import { rejection } from '../../../support/rejection.ts'
import { openStreamDoor, type StreamDoor, type StreamDoorOptions } from '../../../support/streams.ts'
import { send } from '../../../support/twilio-request.ts'

describe('The handshake of a media stream', () => {
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

  async function expectRefused(opened: StreamDoor, target: Partial<StreamTarget>, status: number, reason?: string) {
    const refused = await rejection(opened.connect(target))
    expect(refused).to.be.instanceOf(HandshakeRefused)
    expect(refused).to.have.property('status', status)
    const warnings = opened.warnings()
    expect(warnings).to.have.length(reason === undefined ? 0 : 1)
    if (reason !== undefined) expect(warnings[0]?.fields).to.deep.include({ reason })
    expect(JSON.stringify(opened.lines)).not.to.include(TOKEN)
    expect(await opened.files()).to.deep.equal([])
  }

  const WSS = `${PUBLIC_URL.replace('https', 'wss')}/twilio/stream`
  for (const url of [WSS, `${WSS}/`, `${PUBLIC_URL}/twilio/stream`, `${PUBLIC_URL}/twilio/stream/`]) {
    it(`is accepted where ${url} is signed`, async () => {
      const client = await (await open()).connect({ signed: { url } })
      client.close()
      expect((await client.closed).code).to.equal(1000)
    })
  }

  it('may be signed with either of two tokens while they rotate', async () => {
    const opened = await open({ authTokens: ['a-new-token', TOKEN] })
    for (const authToken of ['a-new-token', TOKEN]) (await opened.connect({ authToken })).cut()
  })

  const MISMATCH = 'the signature does not match'
  for (const [what, target, reason] of [
    ['another token', { authToken: 'another' }, MISMATCH],
    ['another path', { signed: { url: `${WSS}/x` } }, MISMATCH],
    ['another host', { signed: { url: 'wss://evil.example/twilio/stream' } }, MISMATCH],
    ['an empty signature', { signed: { header: '' } }, 'the signature header is missing'],
    ['no signature', { signed: { header: null } }, 'the signature header is missing'],
  ] as const) {
    it(`is refused with ${what}, and one warning says why and for which URL`, async () => {
      const opened = await open()
      await expectRefused(opened, target, 403, reason)
      expect(opened.warnings()[0]?.fields).to.deep.include({ url: WSS })
    })
  }

  it('is refused where PUBLIC_URL is not set', async () => {
    await expectRefused(await open({ publicUrl: undefined }), {}, 403, 'PUBLIC_URL is not set')
  })

  it('is refused where there is no token, or an empty one', async () => {
    await expectRefused(await open({ authTokens: [''] }), { authToken: '' }, 403, 'TWILIO_AUTH_TOKEN is not set')
  })

  it('is answered 404 anywhere else, and a request without one as ever', async () => {
    const opened = await open()
    await expectRefused(opened, { url: `${PUBLIC_URL}/twilio/other` }, 404)
    expect((await send(opened.server.port, '/twilio/stream', { method: 'GET' })).status).to.equal(404)
  })

  it('is refused while as many streams are open as may be', async () => {
    const opened = await open({ limits: { sockets: 1 } })
    const first = await opened.connect()
    await expectRefused(opened, {}, 503, '1 streams are open')
    first.close()
    await first.closed
  })

  it('that is no WebSocket handshake at all ends nothing', async () => {
    const opened = await open()
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
    expect((await send(opened.server.port, '/twilio/stream', { method: 'GET', headers })).status).to.equal(403)
    expect((await send(opened.server.port, '/', { method: 'GET', headers })).status).to.equal(404)
    ;(await connectStream(opened.target)).cut()
  })
})
