import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { expect } from 'chai'
import { PermanentError } from '../../../core/contracts/index.ts'
import { type GuardedFetchService, guardedFetch, type OutboundRules } from '../../../core/outbound/index.ts'

interface Local {
  readonly server: Server
  readonly port: number
  /** Connections that reached it. */
  connections: number
}

describe('guardedFetch', () => {
  const opened: Array<() => Promise<unknown>> = []

  async function listen(listener: RequestListener = (_, response) => response.end('inside')): Promise<Local> {
    const server = createServer(listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const local: Local = { server, port: typeof address === 'object' && address ? address.port : 0, connections: 0 }
    server.on('connection', () => local.connections++)
    opened.push(async () => {
      server.close()
      server.closeAllConnections()
    })
    return local
  }

  function guarded(rules: Partial<OutboundRules> = {}): GuardedFetchService {
    const service = guardedFetch({ allow: [], trustedOrigins: [], ...rules })
    opened.push(() => service.close())
    return service
  }

  afterEach(async () => {
    for (const close of opened.splice(0)) await close()
  })

  /** Names of this test resolve to loopback, however public they look. */
  const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }]
  const publicAddress = { address: '93.184.216.34', family: 4 }

  const spellings = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:7f00:1]',
    '[::ffff:127.0.0.1]',
    '[::7f00:1]',
    '0.0.0.0',
    '127.0.0.1.',
    '①②⑦.⓪.⓪.①',
  ]
  for (const host of spellings) {
    it(`does not reach a server on loopback as ${host}`, async () => {
      const canary = await listen()
      const error = await refusal(guarded()(`http://${host}:${canary.port}/`))
      expect(error).to.be.instanceOf(PermanentError)
      expect(error).to.have.property('code', 'outbound-refused')
      expect(canary.connections).to.equal(0)
    })
  }

  it('refuses a name that resolves to a private address', async () => {
    const canary = await listen()
    const fetch = guarded({ lookup: toLoopback })
    expect(await refusal(fetch(`http://innocent.example:${canary.port}/`))).to.have.property('code', 'outbound-refused')
    expect(canary.connections).to.equal(0)
  })

  it('refuses a name of which one address is private', async () => {
    const canary = await listen()
    const fetch = guarded({ lookup: async () => [publicAddress, ...(await toLoopback())] })
    expect(await refusal(fetch(`http://mixed.example:${canary.port}/`))).to.have.property('code', 'outbound-refused')
    expect(canary.connections).to.equal(0)
  })

  it('is not fooled by a name that changes its address between check and connection', async () => {
    const canary = await listen()
    const asked: number[] = []
    const fetch = guarded({
      allow: ['127.0.0.2'],
      lookup: async () => {
        asked.push(asked.length)
        return asked.length === 1 ? [{ address: '127.0.0.2', family: 4 }] : await toLoopback()
      },
    })
    // The first answer is admitted, and is what is connected to: nobody listens there.
    expect(await refusal(fetch(`http://rebinding.example:${canary.port}/`))).to.not.equal(undefined)
    expect(asked).to.have.lengthOf(1)
    // The second answer is refused.
    expect(await refusal(fetch(`http://rebinding.example:${canary.port}/`))).to.have.property(
      'code',
      'outbound-refused',
    )
    expect(canary.connections).to.equal(0)
  })

  it('refuses a redirect to the inside', async () => {
    const canary = await listen()
    const outside = await listen((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${canary.port}/` }).end()
    })
    const fetch = guarded({ trustedOrigins: [`http://hook.example:${outside.port}`], lookup: toLoopback })
    expect(await refusal(fetch(`http://hook.example:${outside.port}/`))).to.have.property('code', 'outbound-refused')
    expect(outside.connections).to.equal(1)
    expect(canary.connections).to.equal(0)
  })

  it('hands a redirect back where the caller says manual', async () => {
    const outside = await listen((_, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end())
    const fetch = guarded({ allow: ['127.0.0.0/8'] })
    const answer = await fetch(`http://127.0.0.1:${outside.port}/`, { redirect: 'manual' })
    expect(answer.status).to.equal(302)
  })

  it('refuses user names and passwords, and other schemes', async () => {
    const canary = await listen()
    const fetch = guarded({ allow: ['127.0.0.1'] })
    const secret = await refusal(fetch(`http://user:hunter2@127.0.0.1:${canary.port}/`))
    expect(secret).to.have.property('code', 'outbound-refused')
    expect(String(secret)).to.not.contain('hunter2')
    for (const url of ['file:///etc/passwd', 'data:text/plain,x', 'ftp://example.com/', 'blob:x', 'nonsense', '']) {
      expect(await refusal(fetch(url)), url).to.have.property('code', 'outbound-refused')
    }
    expect(canary.connections).to.equal(0)
  })

  it('reaches what OUTBOUND_ALLOW names: an address, a network, a host', async () => {
    const inside = await listen()
    for (const host of ['127.0.0.1', '[::ffff:7f00:1]']) {
      const fetch = guarded({ allow: ['127.0.0.1'] })
      expect(await (await fetch(`http://${host}:${inside.port}/`)).text()).to.equal('inside')
    }
    const byNetwork = guarded({ allow: ['127.0.0.0/8'], lookup: toLoopback })
    expect((await byNetwork(`http://crm.internal:${inside.port}/`)).status).to.equal(200)
    const byName = guarded({ allow: ['crm.internal'], lookup: toLoopback })
    expect((await byName(`http://crm.internal:${inside.port}/`)).status).to.equal(200)
    expect(await refusal(byName(`http://other.internal:${inside.port}/`))).to.have.property('code', 'outbound-refused')
  })

  it('trusts an origin of the environment, and no other port of its host', async () => {
    const trusted = await listen()
    const canary = await listen()
    const fetch = guarded({ trustedOrigins: [`http://127.0.0.1:${trusted.port}`] })
    expect((await fetch(`http://127.0.0.1:${trusted.port}/a?b=c`)).status).to.equal(200)
    expect(await refusal(fetch(`http://127.0.0.1:${canary.port}/`))).to.have.property('code', 'outbound-refused')
    expect(canary.connections).to.equal(0)
  })

  it('sends method, headers and body, and aborts with the reason of the signal', async () => {
    const seen: string[] = []
    const inside = await listen((request, response) => {
      request
        .setEncoding('utf8')
        .on('data', (chunk) => seen.push(`${request.method} ${request.headers['x-a']} ${chunk}`))
      request.on('end', () => request.url === '/answers' && response.end('ok'))
    })
    const fetch = guarded({ allow: ['127.0.0.1'] })
    const init = { method: 'POST', headers: { 'x-a': 'b' }, body: 'hello' }
    expect((await fetch(`http://127.0.0.1:${inside.port}/answers`, init)).status).to.equal(200)
    expect(seen).to.deep.equal(['POST b hello'])

    const controller = new AbortController()
    const hanging = refusal(fetch(`http://127.0.0.1:${inside.port}/hangs`, { ...init, signal: controller.signal }))
    const reason = new Error('cancelled by the test')
    controller.abort(reason)
    expect(await hanging).to.equal(reason)
  })

  it('gives up on an answer with headers without end', async () => {
    const inside = await listen((_, response) => void response.writeHead(200, { 'x-long': 'a'.repeat(32_768) }).end())
    const error = await refusal(guarded({ allow: ['127.0.0.1'] })(`http://127.0.0.1:${inside.port}/`))
    expect(error).to.be.instanceOf(TypeError)
  })
})

async function refusal(request: Promise<unknown>): Promise<unknown> {
  try {
    await request
  } catch (error) {
    return error
  }
  throw new Error('expected the request to fail')
}
