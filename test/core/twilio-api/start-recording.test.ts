import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { expect } from 'chai'
import { startRecording } from '../../../core/twilio-api/start-recording.ts'
import { sidOf } from '../../support/calls.ts'
import { rejection } from '../../support/rejection.ts'

const CALL = { callSid: sidOf('CA', 'call'), accountSid: null, attempts: 1 }

describe('starting a recording', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })

  /** Against a server that answers so. */
  async function start(answer: RequestListener) {
    server = createServer(answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const account = { accountSid: sidOf('AC', 'account'), authTokens: ['token'], apiUrl: `http://127.0.0.1:${port}` }
    return startRecording({ account, fetch }, CALL, 'https://calls.example.com/twilio/recording')
  }

  it('is worth another try where the answer breaks off: nobody knows whether it began', async () => {
    const error = await rejection(
      start((_request, response) => {
        response.writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': '100' })
        response.write('{"sid":', () => response.destroy())
      }),
    )
    expect(error).to.include({ name: 'RetryableError', code: 'provider-unreachable' })
  })

  it('goes by the status where a proxy answers with a page, and waits as long as that asks for', async () => {
    const error = await rejection(
      start((_request, response) => response.writeHead(503, { 'Retry-After': '7' }).end('<h1>Down</h1>')),
    )
    expect(error).to.include({ name: 'RetryableError', code: 'provider-unreachable', retryAfterMs: 7_000 })
  })

  it('says what Twilio says, and what to do about refused credentials', async () => {
    const error = await rejection(
      start((_request, response) => response.writeHead(401).end('{"code":20003,"message":"Authenticate"}')),
    )
    expect(error).to.include({ name: 'PermanentError', code: 'provider-credentials' })
    expect(error).to.have.property('message', 'Twilio refused the credentials (401, error 20003: Authenticate)')
    expect(error).to.have.property('remedy').that.includes('TWILIO_AUTH_TOKEN')
  })

  it('does not take a good answer without a SID for a recording', async () => {
    const error = await rejection(start((_request, response) => response.writeHead(201).end('{}')))
    expect(error).to.include({ name: 'PermanentError', code: 'provider-answer' })
  })
})
