import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { openAi } from '../../../plugins/_openai/provider.ts'
import { startOpenAiSandbox } from '../../../sandbox/openai/index.ts'
import { wav } from './wav.ts'

describe('uploads to OpenAI', () => {
  it('end no process when one fails and the others are aborted for it', async () => {
    // A process of its own, which ends when nothing is left to happen: the error would come after everything was over.
    const { stderr } = await promisify(execFile)(process.execPath, [
      join(import.meta.dirname, 'fixtures/abort-uploads.ts'),
    ])
    expect(stderr).to.equal('')
  })

  it('arrive whole', async () => {
    const sandbox = await startOpenAiSandbox()
    const provider = openAi({ apiKey: 'sk-test', baseUrl: sandbox.url })
    const recording = wav(60)
    try {
      await provider.request(new AbortController().signal, async (client, toFile) =>
        client.audio.transcriptions.create({ model: 'gpt-transcribe', file: await toFile(recording, 'call.wav') }),
      )
      expect(sandbox.requests[0]).to.have.nested.property('upload.bytes', recording.length)
    } finally {
      await provider.close()
      await sandbox.close()
    }
  })
})
