import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { expect } from 'chai'
import { downloadOf } from '../../../plugins/recording-store/_download.ts'
import { rejection } from '../../support/rejection.ts'

const WHOLE = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251))
const BREAK_AT = 4_000

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** The first so many bytes, and then a broken connection. */
const breaking =
  (headers: Readonly<Record<string, string>>): Answer =>
  (_, response) => {
    response.writeHead(200, { 'Content-Type': 'audio/wav', 'Content-Length': WHOLE.length, ...headers })
    response.write(WHOLE.subarray(0, BREAK_AT), () => response.destroy())
  }

const part =
  (from: number, total: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_, response) => {
    const range = `bytes ${from}-${WHOLE.length - 1}/${total}`
    response.writeHead(206, { 'Content-Type': 'audio/wav', 'Content-Range': range, ...headers })
    response.end(WHOLE.subarray(from))
  }

describe('the download of a recording', () => {
  let server: Server
  let answers: Answer[] = []
  const asked: IncomingMessage['headers'][] = []

  beforeEach(async () => {
    asked.length = 0
    server = createServer((request, response) => {
      asked.push(request.headers)
      answers.shift()?.(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  async function download(...given: readonly Answer[]): Promise<Buffer> {
    answers = [...given]
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const get = (headers: Readonly<Record<string, string>>) => fetch(`http://127.0.0.1:${address.port}`, { headers })
    const { stream } = await downloadOf({
      response: await get({}),
      again: (start, ifRange) => get({ Range: `bytes=${start}-`, ...(ifRange && { 'If-Range': ifRange }) }),
      signal: undefined,
    })
    return buffer(stream)
  }

  it('asks for the rest only of the same body, by its ETag', async () => {
    const whole = await download(breaking({ ETag: '"one"' }), part(BREAK_AT, WHOLE.length, { ETag: '"one"' }))
    expect(whole).to.deep.equal(WHOLE)
    expect(asked[1]).to.include({ range: `bytes=${BREAK_AT}-`, 'if-range': '"one"' })
  })

  it('goes by the length where there is no ETag, or a weak one', async () => {
    expect(await download(breaking({}), part(BREAK_AT, WHOLE.length))).to.deep.equal(WHOLE)
    expect(await download(breaking({ ETag: 'W/"one"' }), part(BREAK_AT, WHOLE.length))).to.deep.equal(WHOLE)
    expect(asked.map((headers) => headers['if-range'])).to.deep.equal(Array(4).fill(undefined))
  })

  for (const [what, first, second] of [
    ['has another ETag', breaking({ ETag: '"one"' }), part(BREAK_AT, WHOLE.length, { ETag: '"two"' })],
    ['has another length', breaking({}), part(BREAK_AT, WHOLE.length + 1)],
    ['begins elsewhere', breaking({ ETag: '"one"' }), part(BREAK_AT - 1, WHOLE.length, { ETag: '"one"' })],
    ['does not say of which whole it is', breaking({}), breaking({ 'Content-Length': '9999' })],
  ] as const) {
    it(`takes no rest that ${what}`, async () => {
      expect(await rejection(download(first, second))).to.include({ code: 'recording-truncated' })
    })
  }

  it('does not ask for a rest that nothing could prove to be one', async () => {
    const first: Answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'audio/wav' })
      response.write(WHOLE.subarray(0, BREAK_AT), () => response.destroy())
    }
    expect(await rejection(download(first))).to.include({ code: 'provider-unreachable' })
    expect(asked).to.have.length(1)
  })
})
