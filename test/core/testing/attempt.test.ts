import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineDriver, type JsonValue, summarize, Type } from 'aftercall'
import { artifactOf, runAttempt, sampleCall, sampleTranscript } from 'aftercall/testing'
import { expect } from 'chai'
import { freshFolder } from '../../support/folder.ts'
import { rejection } from '../../support/rejection.ts'

const options = Type.Object(
  {
    prefix: Type.String({ default: '${PREFIX:-Summary}', description: 'what the summary begins with' }),
    times: Type.Integer({ default: 1, minimum: 1, description: 'how often it is written' }),
  },
  { additionalProperties: false },
)

const input = () => ({ call: sampleCall(), transcript: sampleTranscript() })

/** A driver that tells what it was given. */
function observed() {
  const seen = { workdir: '', closed: 0, worked: 0 }
  const definition = defineDriver(summarize, {
    description: 'Tells what it was given',
    options,
    create: ({ prefix, times }) => ({
      async run(_, { workdir, once }) {
        seen.workdir = workdir
        await writeFile(join(workdir, 'notes'), 'notes')
        const work = async () => {
          seen.worked++
          return { text: `${prefix} ${times}`, at: undefined }
        }
        const [first] = await Promise.all([once('part', work), once('part', work)])
        return { text: first.text, language: 'at' in first ? 'not JSON' : null }
      },
      async close() {
        seen.closed++
      },
    }),
  })
  return { definition, seen }
}

describe('runAttempt', () => {
  const folder = freshFolder()

  it('fills defaults in, as in an empty environment, and closes the driver', async () => {
    const { definition, seen } = observed()
    const output = artifactOf(await runAttempt(definition, { times: 3 }, input()))
    expect(output).to.deep.equal({ text: 'Summary 3', language: null })
    expect(seen.closed).to.equal(1)
  })

  it('refuses options that the engine would refuse', async () => {
    const { definition } = observed()
    expect(String(await rejection(runAttempt(definition, { times: 0 }, input())))).to.include('/times')
  })

  it('removes its own working directory, and leaves one that was given', async () => {
    const { definition, seen } = observed()
    await runAttempt(definition, {}, input())
    await rejection(access(seen.workdir))
    await runAttempt(definition, {}, input(), { workdir: folder.path })
    await access(join(folder.path, 'notes'))
  })

  it('does the work of `once` once, over attempts too, and gives its result back as JSON', async () => {
    const { definition, seen } = observed()
    const kept = new Map<string, JsonValue>()
    await runAttempt(definition, {}, input(), { kept })
    await runAttempt(definition, {}, input(), { kept, attempt: 2 })
    expect(seen.worked).to.equal(1)
  })
})
