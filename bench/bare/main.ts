import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import pLimit from 'p-limit'
import { readConfiguration } from '../../config/environment.ts'
import { openDatabase, rowsOf } from '../../core/store/database.ts'
import { type Keep, workOn } from './work.ts'

/**
 * What somebody would write in an afternoon, to compare with: the same requests in the same order, and one commit for
 * each result, on a database with the same settings. It checks nothing, repeats nothing, knows no pipeline, and forgets
 * a call that is under way when it ends.
 */
const { database: address, host, port } = readConfiguration({ cwd: process.cwd(), variables: process.env })
const database = openDatabase({ address, migrations: '' })
await rowsOf(database, 'CREATE TABLE result (call_sid text, name text, value text, PRIMARY KEY (call_sid, name))')

/** As many calls at a time as a worker of Aftercall has slots. */
const limit = pLimit(64)

const server = createServer(async (request, response) => {
  const { CallSid = '', RecordingSid = '' } = Object.fromEntries(new URLSearchParams(await text(request)))
  const keep: Keep = async (name, value) => {
    await rowsOf(database, 'INSERT INTO result (call_sid, name, value) VALUES (?, ?, ?)', [
      CallSid,
      name,
      JSON.stringify(value),
    ])
  }
  await keep('callback', RecordingSid)
  response.writeHead(204).end()
  await limit(() => workOn({ callSid: CallSid, recordingSid: RecordingSid }, keep))
})
server.listen(port, host, () => console.log(`listening on ${(server.address() as AddressInfo).port}`))

process.on('SIGTERM', () => {
  server.closeAllConnections()
  server.close(() => database.knex.destroy())
})
