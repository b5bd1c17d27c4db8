import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'

const run = promisify(execFile)
const MAIN = join(import.meta.dirname, '../../bench/main.ts')

/** Only that they measure at all: their figures are no matter of right or wrong. */
describe('npm run bench', () => {
  it('measures each server with every benchmark', async () => {
    const { stdout } = await run(process.execPath, [MAIN, '--json', '--calls', '3', '--database', 'sqlite'])
    const { rows } = JSON.parse(stdout)
    expect(rows.map((row: { benchmark: string; subject: string }) => `${row.benchmark} ${row.subject}`)).to.deep.equal([
      'callback-to-webhook bare',
      'callback-to-webhook aftercall',
      'throughput bare',
      'throughput aftercall',
    ])
    for (const { figures } of rows) {
      for (const [name, value] of Object.entries(figures)) expect(value, name).to.be.a('number').and.greaterThan(0)
    }
  }).timeout(60_000)

  it('names its benchmarks', async () => {
    const { stdout } = await run(process.execPath, [MAIN, '--help'])
    expect(stdout).to.include('callback-to-webhook').and.include('throughput')
  })

  for (const argv of [['fastest'], ['--calls', '0'], ['--database', 'oracle'], ['--nonsense']]) {
    it(`refuses ${argv.join(' ')}`, async () => {
      const error: unknown = await run(process.execPath, [MAIN, ...argv]).catch((thrown: unknown) => thrown)
      expect(error).to.include({ code: 1 })
    })
  }
})
