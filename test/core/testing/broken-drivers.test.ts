import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

interface Failure {
  readonly title: string
  readonly fullTitle: string
}

/** Runs the suites over the broken drivers in a mocha of its own. */
function runSuites(): Promise<{ readonly passes: readonly Failure[]; readonly failures: readonly Failure[] }> {
  const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')
  const file = fileURLToPath(new URL('broken-drivers.ts', import.meta.url))
  const flags = [mocha, '--no-config', '--reporter', 'json', '--timeout', '20000', file]
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { maxBuffer: 1 << 24 }, (_error, stdout) => resolve(JSON.parse(stdout)))
  })
}

describe('the conformance suites', () => {
  it('fail for a driver that breaks its contract, in the test that says so', async () => {
    const { passes, failures } = await runSuites()
    const drivers = new Set([...passes, ...failures].map(({ fullTitle }) => fullTitle.split(' keeps the contract')[0]))
    expect(drivers.size).to.be.above(10)
    for (const driver of drivers) {
      const [expected = ''] = driver?.split(':') ?? []
      const failed = failures.filter(({ fullTitle }) => fullTitle.startsWith(`${driver} keeps`))
      expect(failed.map(({ title }) => title).join('\n'), driver).to.include(expected)
    }
  })
})
