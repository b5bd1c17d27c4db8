import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import Router from '@koa/router'
import { expect } from 'chai'
import { AftercallError, silentLogger } from '../../../core/contracts/index.ts'
import { type RunningServer, type ServerLimits, startServer } from '../../../core/http/index.ts'
import { recordingLogger } from '../../../core/testing/log.ts'
import { rejection } from '../../support/rejection.ts'
import { send } from '../../support/twilio-request.ts'

describe('startServer', () => {
  const { logger, lines } = recordingLogger()
  let server: RunningServer
  let release = () => {}
  let arrived = Promise.resolve()

  const start = async (limits: Partial<ServerLimits> = {}) => {
    let arrive = () => {}
    arrived = new Promise((resolve) => {
      arrive = resolve
    })
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const router = new Router()
    router.get('/quick', (context) => {
      context.body = 'quick'
    })
    router.get('/held', async (context) => {
      arrive()
      await held
      context.body = 'held'
    })
    router.get('/fault', () => {
      throw new Error('password=hunter2')
    })
    router.get('/string', () => {
      throw 'a string'
    })
    router.get('/foreign', () => {
      throw new AftercallError('the driver’s own business', { code: 'of-a-plugin' })
    })
    server = await startServer({ host: '127.0.0.1', port: 0, logger, routers: [router], limits })
  }
  afterEach(async () => {
    release()
    await server.close()
  })

  it('listens where it says', async () => {
    await start()
    expect(server.url).to.equal(`http://127.0.0.1:${server.port}`)
    expect(await (await fetch(`${server.url}/quick`)).text()).to.equal('quick')
  })

  it('says what to do when the port is taken', async () => {
    await start()
    const options = { host: '127.0.0.1', port: server.port, routers: [], logger: silentLogger }
    expect(await rejection(startServer(options))).to.include({ code: 'bad-configuration' })
  })

  for (const path of ['/fault', '/string', '/foreign']) {
    it(`tells the log of what ${path} threw, and the caller a request id`, async () => {
      await start()
      const answer = await send(server.port, path, { method: 'GET' })
      expect(answer.status).to.equal(500)
      expect(JSON.parse(answer.text).error.code).to.equal('internal')
      expect(answer.text).not.to.match(/hunter2|a string|driver/)
      const requestId = answer.headers['x-request-id']
      expect(answer.text).to.include(requestId)
      expect(lines.at(-1)).to.deep.include({ level: 'error', message: 'A request failed' })
      expect(lines.at(-1)?.fields).to.include({ requestId, path })
      expect(answer.headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    })
  }

  it('lets a request under way end when it closes, and takes no other', async () => {
    await start()
    const answer = send(server.port, '/held', { method: 'GET' })
    await arrived
    const closed = server.close()
    expect(await rejection(send(server.port, '/quick', { method: 'GET' }))).to.include({ code: 'ECONNREFUSED' })
    release()
    const { text: body, headers } = await answer
    expect(body).to.equal('held')
    expect(headers.connection).to.equal('close')
    await closed
  })

  it('cuts off what does not end when it closes', async () => {
    await start({ closeMs: 20 })
    const answer = rejection(send(server.port, '/held', { method: 'GET' }))
    await arrived
    await server.close()
    expect(await answer).to.include({ code: 'ECONNRESET' })
  })

  it('does not wait for connections that idle when it closes', async () => {
    await start({ keepAliveMs: 60_000 })
    const agent = new Agent({ keepAlive: true })
    const outgoing = request({ port: server.port, host: '127.0.0.1', path: '/quick', agent }).end()
    const [incoming] = await once(outgoing, 'response')
    await text(incoming)
    await server.close()
    agent.destroy()
  })

  it('closes once, however often it is told', async () => {
    await start()
    await Promise.all([server.close(), server.close()])
  })

  it('takes so many requests from a connection, and no more', async () => {
    await start({ requestsPerSocket: 2, keepAliveMs: 20 })
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /quick HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
    const answers = (await text(socket)).match(/HTTP\/1\.1 \d+/g)
    expect(answers).to.deep.equal(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 503'])
  })
})
