import { expect } from 'chai'
import { COMMANDS } from '../../../core/cli/commands.ts'
import { describeFailure } from '../../../core/cli/failure.ts'
import { AftercallError } from '../../../core/contracts/errors.ts'
import { aftercall } from '../../support/command-line.ts'

describe('aftercall', () => {
  const here = { cwd: import.meta.dirname }

  it('lists every command in its help, with the exit codes', async () => {
    const { exit, stdout } = await aftercall(['--help'], here)
    expect(exit).to.equal(0)
    for (const { name, summary } of COMMANDS)
      expect(stdout)
        .to.match(new RegExp(`^ {2}${name}\\b.*`, 'm'))
        .and.include(summary)
    expect(stdout).to.include('Exit codes: 0 done, 1 failed, 2 bad configuration or usage.')
  })

  it('tells its version', async () => {
    const { exit, stdout } = await aftercall(['--version'], here)
    expect(exit).to.equal(0)
    expect(stdout).to.match(/^\d+\.\d+\.\d+\S*\n$/)
  })

  for (const { name } of COMMANDS) {
    it(`describes ${name}, its options and its exit codes`, async () => {
      for (const argv of [
        [name, '--help'],
        ['help', name],
      ]) {
        const { exit, stdout } = await aftercall(argv, here)
        expect(exit).to.equal(0)
        expect(stdout)
          .to.match(new RegExp(`^Usage: aftercall ${name}\\b`))
          .and.include('Exit codes:')
        expect(stdout, 'declared by its file').to.match(/Options:|Arguments:/)
      }
    })
  }

  it('suggests the command that was meant, and ends with 2', async () => {
    const { exit, stdout, stderr } = await aftercall(['doctr'], here)
    expect({ exit, stdout }).to.deep.equal({ exit: 2, stdout: '' })
    expect(stderr).to.include("unknown command 'doctr'").and.include('Did you mean doctor?')
  })

  it('ends with 2 on an unknown option, an excess argument and no command at all', async () => {
    for (const argv of [['doctor', '--jsn'], ['doctor', 'me'], []]) {
      expect((await aftercall(argv, here)).exit, argv.join(' ')).to.equal(2)
    }
  })
})

describe('a command that throws', () => {
  it('shows code, message and remedy, and no stack, where the error was thrown on purpose', () => {
    const error = new AftercallError('no such call', { code: 'not-found', remedy: 'Look again.' })
    expect(describeFailure(error)).to.deep.equal({ text: 'error not-found: no such call\nLook again.\n', exit: 1 })
  })

  it('ends with 2 on bad configuration', () => {
    expect(describeFailure(new AftercallError('x', { code: 'bad-configuration' })).exit).to.equal(2)
  })

  it('shows the stack of a fault of its own, and copes with whatever was thrown', () => {
    expect(describeFailure(new TypeError('oops')).text).to.match(/^error internal: oops\nTypeError: oops\n {4}at /)
    for (const thrown of ['text', null, undefined, { a: 1 }]) expect(describeFailure(thrown).exit).to.equal(1)
  })
})
