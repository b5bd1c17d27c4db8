import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { expect } from 'chai'
import { guardedFetch } from '../../../core/outbound/index.ts'

describe('guardedFetch over TLS', () => {
  let directory: string
  let server: Server
  let port: number
  const names: unknown[] = []
  const usual = getCACertificates('default')
  const fetch = guardedFetch({
    allow: ['127.0.0.1'],
    trustedOrigins: [],
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  })

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'aftercall-tls-'))
    const file = (name: string) => join(directory, name)
    const subject = ['-subj', '/CN=hook.example', '-addext', 'subjectAltName=DNS:hook.example']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key')]
    execFileSync('openssl', ['req', '-x509', '-days', '1', ...key, '-out', file('cert'), ...subject], {
      stdio: 'ignore',
    })
    const cert = readFileSync(file('cert'), 'utf8')
    server = createServer({ key: readFileSync(file('key')), cert }, (_, response) => response.end('safe'))
    server.on('secureConnection', (socket: TLSSocket) => names.push(Reflect.get(socket, 'servername')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' && address ? address.port : 0
    setDefaultCACertificates([...usual, cert])
  })

  after(async () => {
    setDefaultCACertificates(usual)
    await fetch.close()
    server.close()
    rmSync(directory, { recursive: true })
  })

  it('verifies the certificate against the host name, not against the address', async () => {
    expect(await (await fetch(`https://hook.example:${port}/`)).text()).to.equal('safe')
    expect(names).to.deep.equal(['hook.example'])
  })

  it('refuses a certificate of another host', async () => {
    const failure = await fetch(`https://other.example:${port}/`).catch((error: unknown) => error)
    expect(failure).to.have.nested.property('cause.code', 'ERR_TLS_CERT_ALTNAME_INVALID')
  })
})
