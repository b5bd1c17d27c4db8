import { once } from 'node:events'
import { connect } from 'node:net'
import { skipWithout } from './absent.ts'

/** A server that the tests may write to; `TEST_REDIS_URL` names another. */
export const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379'

/** Put into a suite: its tests need a Redis at REDIS_URL. */
export function needRedis(): void {
  before(async function () {
    const { hostname, port } = new URL(REDIS_URL)
    const socket = connect(Number(port || '6379'), hostname)
    try {
      await once(socket, 'connect')
    } catch (error) {
      skipWithout(this, `no Redis at ${REDIS_URL} (${error instanceof Error ? error.message : String(error)})`)
    } finally {
      socket.destroy()
    }
  })
}
