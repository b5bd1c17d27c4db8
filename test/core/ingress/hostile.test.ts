import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { CALL } from '../../support/calls.ts'
import { type Door, openDoor } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'
import { RECORDING_FORM, send, signed } from '../../support/twilio-request.ts'

const LIMIT = 64 * 1024

describe('A request that is no callback', () => {
  const folder = freshFolder()
  let door: Door

  beforeEach(async () => {
    door = await openDoor({
      file: join(folder.path, 'aftercall.db'),
      limits: { headersMs: 150, requestMs: 300, checkMs: 25 },
    })
  })
  afterEach(() => door.close())

  /** A signed form that is so many bytes long. */
  const formOf = (bytes: number) => {
    const length = new URLSearchParams({ ...RECORDING_FORM, Padding: '' }).toString().length
    return signed('/twilio/recording', { ...RECORDING_FORM, Padding: 'x'.repeat(bytes - length) })
  }

  it('may be as large as the limit', async () => {
    const request = formOf(LIMIT)
    expect(request.body).to.have.length(LIMIT)
    expect((await send(door.port, '/twilio/recording', request)).status).to.equal(204)
  })

  for (const encoding of ['with its length', 'in chunks'] as const) {
    it(`is answered 413 one byte above, sent ${encoding}`, async () => {
      const { headers, body } = formOf(LIMIT + 1)
      const answer = await send(door.port, '/twilio/recording', {
        headers: encoding === 'in chunks' ? { ...headers, 'Transfer-Encoding': 'chunked' } : headers,
        body: body ?? '',
      })
      expect(answer.status).to.equal(413)
      expect(answer.headers.connection).to.equal('close')
      expect(JSON.parse(answer.text).error.code).to.equal('body-too-large')
      expect(await door.store.findCall(CALL)).to.equal(undefined)
    })
  }

  for (const [what, type] of [
    ['JSON', 'application/json'],
    ['text', 'text/plain'],
    ['a multipart form', 'multipart/form-data; boundary=x'],
    ['of no type', undefined],
  ] as const) {
    it(`is answered 415 when it is ${what}`, async () => {
      const { headers } = signed('/twilio/recording', {})
      const { 'Content-Type': _form, ...others } = headers
      const answer = await send(door.port, '/twilio/recording', {
        headers: type === undefined ? others : { ...others, 'Content-Type': type },
        body: JSON.stringify(RECORDING_FORM),
      })
      expect(answer.status).to.equal(415)
      expect(await door.store.findCall(CALL)).to.equal(undefined)
    })
  }

  it('is answered 415 when it is compressed, and is never unpacked', async () => {
    const { headers, body } = formOf(1_000)
    const answer = await send(door.port, '/twilio/recording', {
      headers: { ...headers, 'Content-Encoding': 'gzip' },
      body: gzipSync(body ?? ''),
    })
    expect(answer.status).to.equal(415)
  })

  it('is answered 400 when a name is repeated, though signed', async () => {
    const { headers } = signed('/twilio/recording', RECORDING_FORM)
    const body = `${new URLSearchParams(RECORDING_FORM)}&CallSid=${CALL}`
    // Twilio's library signs a value that is repeated as one.
    const answer = await send(door.port, '/twilio/recording', { headers, body })
    expect(answer.status).to.equal(400)
    expect(await door.store.findCall(CALL)).to.equal(undefined)
  })

  for (const body of ['', '&&&===', '%', '%ff%fe=%00', '__proto__=1&constructor=2', 'a[b][c]=1&a[]=2']) {
    it(`is answered 403 with the form ${JSON.stringify(body)}`, async () => {
      const { headers } = signed('/twilio/recording', RECORDING_FORM)
      expect((await send(door.port, '/twilio/recording', { headers, body })).status).to.equal(403)
    })
  }

  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    it(`is answered 405 when it is a ${method}`, async () => {
      const answer = await send(door.port, '/twilio/recording', { method })
      expect(answer.status).to.equal(405)
      expect(answer.headers.allow).to.equal('POST')
      expect(JSON.parse(answer.text).error.code).to.equal('method-not-allowed')
    })
  }

  for (const path of [
    '/twilio/recording/',
    '/Twilio/Recording',
    '/twilio',
    '/twilio/%2e%2e/recording',
    '//twilio/status',
    '/',
  ]) {
    it(`is answered 404 at ${path}, and never redirected`, async () => {
      const answer = await send(door.port, path, signed(path, RECORDING_FORM))
      expect(answer.status).to.equal(404)
      expect(answer.headers.location).to.equal(undefined)
      expect(JSON.parse(answer.text).error.code).to.equal('not-found')
    })
  }

  it('is refused when its target is a whole URL', async () => {
    const url = 'http://evil.example/twilio/recording'
    const answer = await send(door.port, url, signed('/twilio/recording', RECORDING_FORM, { url }))
    expect(answer.status).to.equal(403)
  })

  it('is cut off when its body never ends', async () => {
    const answer = await raw(
      door.port,
      'POST /twilio/recording HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nCallS\r\n',
    )
    expect(answer).to.match(/^HTTP\/1\.1 408 /)
  })

  it('is cut off when its headers never end', async () => {
    expect(await raw(door.port, 'POST /twilio/recording HTTP/1.1\r\nHost: x\r\nX-A: ')).to.match(/^HTTP\/1\.1 408 /)
  })

  it('is refused when its headers are larger than any that Twilio sends', async () => {
    const answer = await raw(door.port, `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ${'x'.repeat(17 * 1024)}\r\n\r\n`)
    expect(answer).to.match(/^HTTP\/1\.1 431 /)
  })

  it('is refused when its length is told in two ways', async () => {
    const answer = await raw(
      door.port,
      'POST /twilio/recording HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    )
    expect(answer).to.match(/^HTTP\/1\.1 400 /)
  })

  it('does not keep the next one from being answered', async () => {
    await raw(door.port, 'nonsense\r\n\r\n')
    expect((await send(door.port, '/healthz', { method: 'GET' })).status).to.equal(200)
  })
})

/** Sends bytes and reads until the other side closes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return await text(socket)
}
