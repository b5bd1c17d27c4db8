import { expect } from 'chai'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'

describe('aftercall plugins', () => {
  const folder = freshFolder()
  const run = (...argv: readonly string[]) => aftercall(['plugins', ...argv], { cwd: folder.path })

  it('lists the drivers with what they do', async () => {
    const { exit, stdout } = await run()
    expect(exit).to.equal(0)
    expect(stdout)
      .to.match(/^stt\/openai +Transcribes/m)
      .and.not.to.include('cannot be used')
  })

  it('lists them as JSON', async () => {
    const drivers: unknown = JSON.parse((await run('--json')).stdout)
    expect(drivers).to.be.an('array').that.has.length.above(7)
    expect(drivers).to.have.nested.property('[0].stage', 'extract')
  })

  it('describes a driver’s options, with kind, default and description', async () => {
    const { stdout } = await run('stt/openai')
    expect(stdout).to.include('audio or recording → transcript')
    expect(stdout).to.include(
      '  model  (a text, not empty; default "gpt-transcribe")\n    Name of the transcription model\n',
    )
    expect(stdout).to.include('default "${OPENAI_API_KEY:-}"')
  })

  it('describes options within options', async () => {
    const options = JSON.parse((await run('extract/openai', '--json')).stdout).options
    expect(options.map(({ name }: { readonly name: string }) => name)).to.include.members([
      'fields',
      'fields.*.vocabulary',
    ])
  })

  it('names what there is where a driver is not', async () => {
    const { exit, stderr } = await run('stt/opnai')
    expect(exit).to.equal(1)
    expect(stderr).to.include('there is no driver stt/opnai; did you mean "stt/openai"?\nThere are extract/openai, ')
    expect(stderr).not.to.include('aftercall calls')
  })
})
