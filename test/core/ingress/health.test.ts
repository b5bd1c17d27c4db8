import { join } from 'node:path'
import { expect } from 'chai'
import { silentLogger } from '../../../core/contracts/index.ts'
import { type Door, type DoorOptions, openDoor } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'
import { countingQueue } from '../../support/queue.ts'
import { send } from '../../support/twilio-request.ts'

describe('Health', () => {
  const folder = freshFolder()
  const doors: Door[] = []

  const open = async (options: Partial<DoorOptions> = {}) => {
    const door = await openDoor({ file: join(folder.path, 'aftercall.db'), ...options })
    doors.push(door)
    return door
  }
  const get = async ({ port }: Door, path: string) => {
    const answer = await send(port, path, { method: 'GET' })
    return { status: answer.status, body: JSON.parse(answer.text) }
  }
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close()
  })

  it('is alive and ready when everything works', async () => {
    const door = await open()
    expect(await get(door, '/healthz')).to.deep.equal({ status: 200, body: { status: 'alive' } })
    expect(await get(door, '/readyz')).to.deep.equal({ status: 200, body: { status: 'ready' } })
  })

  it('names the database when it does not answer, and stays alive', async () => {
    const door = await open()
    await door.store.close()
    expect(await get(door, '/readyz')).to.deep.equal({
      status: 503,
      body: { status: 'not ready', failing: ['database'] },
    })
    expect((await get(door, '/healthz')).status).to.equal(200)
  })

  it('names pending migrations', async () => {
    const door = await open()
    await door.store.database.knex.migrate.down()
    expect((await get(door, '/readyz')).body.failing).to.deep.equal(['migrations'])
    await door.store.migrate(silentLogger)
    expect((await get(door, '/readyz')).status).to.equal(200)
  })

  it('names the queue, and tells why in the log alone', async () => {
    const door = await open({ queue: countingQueue(new Error('redis://:password@10.0.0.1 is gone')) })
    const { status, body } = await get(door, '/readyz')
    expect({ status, body }).to.deep.equal({ status: 503, body: { status: 'not ready', failing: ['queue'] } })
    expect(door.lines.map(({ message }) => message)).to.include('Not ready')
  })

  it('tells browsers and caches to keep their hands off', async () => {
    const { headers } = await send((await open()).port, '/healthz', { method: 'GET' })
    expect(headers).to.include({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    })
    expect(headers).not.to.have.property('x-powered-by')
  })
})
