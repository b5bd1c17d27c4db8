import { expect } from 'chai'
import { wav } from '../plugins/_openai/wav.ts'
import { freshInstallation } from '../support/installation.ts'
import { pipeline, QUICK_RETRY } from '../support/pipelines.ts'
import { needPrograms } from '../support/programs.ts'
import { onEachDatabase } from '../support/stores.ts'

describe('a provider that misbehaves', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const resultsOf = async (running: Awaited<ReturnType<typeof installation.start>>, runId: string, stage: string) =>
      (await running.attempts(runId))
        .filter(({ stage_id }) => stage_id === stage)
        .map(({ use, result, error }) => [use, result, error?.code ?? null])

    it('with 500s, and recovers: the stage is tried again', async () => {
      const running = await installation.start()
      installation.surroundings.openai.faults.next('transcriptions', { kind: 'status', status: 500 }, 2)
      const view = await running.settled(await running.placeCall('500s'))
      expect(view.run?.outcome).to.equal('completed')
      expect(await resultsOf(running, view.run?.id ?? '', 'stt')).to.deep.equal([
        ['openai', 'failed', 'provider-unreachable'],
        ['openai', 'failed', 'provider-unreachable'],
        ['openai', 'done', null],
      ])
    })

    it('with 429 and a Retry-After is not asked again before that', async () => {
      const running = await installation.start({ worker: { slots: 1 } })
      const { openai } = installation.surroundings
      openai.faults.next('transcriptions', { kind: 'status', status: 429, retryAfter: '3600' })
      const call = await running.placeCall('turned away')
      await running.event('the run waits', (event) => event.type === 'run-released')
      const stage = (await running.view(call)).run?.stages.find(({ id }) => id === 'stt')
      expect(stage).to.include({ status: 'waiting', attempts: 1 })
      expect(Date.parse(stage?.due_at ?? '')).to.be.greaterThan(Date.now() + 3_590_000)

      const other = await running.placeCall('not turned away')
      expect((await running.settled(other)).run?.outcome, 'it holds up no other').to.equal('completed')
      expect((await running.view(call)).run?.stages.find(({ id }) => id === 'stt')?.attempts).to.equal(1)
    })

    it('by never answering is given up after the timeout, and asked again', async () => {
      const running = await installation.start({ pipeline: pipeline({ stt: { timeout: '300ms' } }) })
      installation.surroundings.openai.faults.next('transcriptions', { kind: 'hang' })
      const view = await running.settled(await running.placeCall('hangs'))
      expect(view.run?.outcome).to.equal('completed')
      const results = await resultsOf(running, view.run?.id ?? '', 'stt')
      expect(results[0]).to.deep.equal(['openai', 'failed', 'attempt-timeout'])
      expect(results.at(-1)?.[1]).to.equal('done')
    })

    it('for good fails the call visibly, with the stage, the cause and a remedy', async () => {
      const running = await installation.start({
        pipeline: pipeline({ stt: { retry: { ...QUICK_RETRY, attempts: 2 } } }),
      })
      const { endpoint, openai } = installation.surroundings
      openai.faults.always('transcriptions', { kind: 'status', status: 401, message: 'Incorrect API key' })
      const call = await running.placeCall('refused key')
      const view = await running.settled(call)
      expect(view.call).to.include({ status: 'failed', error_code: 'provider-credentials' })
      expect(view.run?.stages.map(({ id, status }) => [id, status])).to.deep.equal([
        ['recording-store', 'done'],
        ['transcode', 'done'],
        ['stt', 'failed'],
        ['summarize', 'skipped'],
        ['extract', 'skipped'],
        ['webhook', 'done'],
      ])
      expect(view.run?.stages[2]?.error?.remedy).to.match(/API key/)
      const [received] = endpoint.of(call.callSid)
      expect(received?.event.type).to.equal('call.failed')
      expect(received?.event.data.error).to.include({ code: 'provider-credentials', stage: 'stt' })
      expect(received?.event.data.recording_url, 'what there is is delivered').to.be.a('string')
    })

    it('only in an optional stage leaves the call completed', async () => {
      const running = await installation.start({
        pipeline: pipeline({ summarize: { optional: true }, extract: { use: 'vocabulary' } }),
      })
      const { endpoint, openai } = installation.surroundings
      openai.faults.always('chat', { kind: 'insufficient-quota' })
      const call = await running.placeCall('no summary')
      const view = await running.settled(call)
      expect(view.call).to.include({ status: 'processed', summary: null, extracted_city: 'Tel Aviv' })
      expect(view.run?.stages.find(({ id }) => id === 'summarize')).to.include({ status: 'failed', attempts: 1 })
      expect(endpoint.of(call.callSid)[0]?.event).to.deep.include({ type: 'call.completed' })
    })

    it('whose driver cannot work here at all: the fallback takes over at once', async () => {
      const running = await installation.start({
        pipeline: pipeline({
          transcode: { with: { ffmpegPath: '/nowhere/ffmpeg' }, fallback: [{ use: 'passthrough' }] },
        }),
      })
      const view = await running.settled(await running.placeCall('no ffmpeg'))
      expect(view.run?.outcome).to.equal('completed')
      expect(await resultsOf(running, view.run?.id ?? '', 'transcode')).to.deep.equal([
        ['ffmpeg', 'failed', 'unavailable'],
        ['passthrough', 'done', null],
      ])
    })

    it('is not asked about a recording in which nobody speaks', async () => {
      const running = await installation.start()
      const { endpoint, openai } = installation.surroundings
      const call = await running.placeCall('silence', { audio: wav(1, 8_000, 0) })
      const view = await running.settled(call)
      expect(view.call).to.include({ status: 'no_speech', final_transcript: null })
      expect(openai.requests).to.deep.equal([])
      expect(endpoint.of(call.callSid).map(({ event }) => event.type)).to.deep.equal(['call.no_speech'])
    })
  })
})
