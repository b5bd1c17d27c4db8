import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { requestFailure } from '../../../core/contracts/request-failure.ts'
import { rejection } from '../../support/rejection.ts'

describe('requestFailure', () => {
  it('says why nobody answered, where fetch says only that it failed', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close()
    await once(server, 'close')
    const error = await rejection(fetch(`http://127.0.0.1:${port}`))
    expect(String(error)).not.to.include('ECONNREFUSED')
    expect(requestFailure(error)).to.include('ECONNREFUSED')
  })

  it('has the code where all addresses of a host have failed, and no message says it', () => {
    const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })
    expect(requestFailure(new TypeError('fetch failed', { cause }))).to.equal('ECONNREFUSED')
  })

  it('takes the message of anything without a cause', () => {
    expect(requestFailure(new Error('broke off'))).to.equal('broke off')
    expect(requestFailure('gone')).to.equal('gone')
  })
})
