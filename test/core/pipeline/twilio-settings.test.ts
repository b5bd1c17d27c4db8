import { expect } from 'chai'
import { DEFAULT_SETTINGS } from '../../../core/pipeline/settings.ts'
import { load } from './drivers.ts'

const STAGES = 'version: 1\nstages: [{ stage: recording-store, use: filesystem }]\n'

const read = async (twilio: string) => {
  const { settings, faults, plan } = await load(`${STAGES}twilio: ${twilio}`)
  return { twilio: settings?.twilio, faults: faults.map(({ rule, path }) => `${rule} ${path}`), plan }
}

describe('twilio: of pipeline.yaml', () => {
  it('is not needed', async () => {
    expect((await load(STAGES)).settings).to.deep.equal(DEFAULT_SETTINGS)
    expect(DEFAULT_SETTINGS.twilio).to.deep.equal({
      announcement: null,
      handling: { kind: 'none' },
      recording: 'none',
      stream: false,
    })
  })

  it('fills in what is left out', async () => {
    expect((await read('{ handling: dial, dial: { to: "+97235550100" } }')).twilio).to.deep.equal({
      announcement: null,
      handling: { kind: 'dial', to: '+97235550100', timeoutSec: 30, callerId: null },
      recording: 'dial',
      stream: false,
    })
    expect((await read('{ handling: record }')).twilio).to.deep.include({
      handling: { kind: 'record', maxLengthSec: 120, beep: true, finishOnKey: '#' },
      recording: 'none',
    })
  })

  it('takes all of it, variables included', async () => {
    const text =
      '{ announcement: { text: "${SAY:-Recorded.}", language: en-US, voice: Polly.Joanna }, handling: dial, dial: { to: "+97235550100", timeout: 45s, callerId: "+97235550199" }, recording: rest, stream: true }'
    expect(await read(text)).to.deep.include({
      faults: [],
      twilio: {
        announcement: { text: 'Recorded.', language: 'en-US', voice: 'Polly.Joanna' },
        handling: { kind: 'dial', to: '+97235550100', timeoutSec: 45, callerId: '+97235550199' },
        recording: 'rest',
        stream: true,
      },
    })
  })

  it('is kept by no run: another plan it is not', async () => {
    const { plan } = await read('{ handling: record }')
    expect(plan?.hash).to.equal((await load(STAGES)).plan?.hash)
    expect(plan?.spec).not.to.have.property('twilio')
  })

  for (const [twilio, fault] of [
    ['{ handling: record, recording: rest }', 'no-such-recording twilio.recording'],
    ['{ handling: none, recording: dial }', 'no-such-recording twilio.recording'],
    ['{ handling: record, dial: { to: "+97235550100" } }', 'unused-key twilio.dial'],
    ['{ handling: dial, dial: { to: "03-555-0100" } }', 'invalid-value twilio.dial.to'],
    ['{ handling: dial, dial: { to: "+97235550100", timeout: 1s } }', 'bad-duration twilio.dial.timeout'],
    ['{ handling: record, record: { maxLength: 5h } }', 'bad-duration twilio.record.maxLength'],
    ['{ handling: forward }', 'invalid-value twilio.handling'],
    ['{ handling: record, record: { finishOnKey: x } }', 'invalid-value twilio.record.finishOnKey'],
    ['{ announcement: { language: en-US } }', 'missing-key twilio.announcement.text'],
    // In XML there is no way to write them, so no call could be answered.
    [String.raw`{ announcement: { text: "a\u0008b" } }`, 'invalid-value twilio.announcement.text'],
    [String.raw`{ announcement: { text: "a\uD800b" } }`, 'invalid-value twilio.announcement.text'],
    [String.raw`{ announcement: { text: x, voice: "\u0001" } }`, 'invalid-value twilio.announcement.voice'],
    ['{ anouncement: { text: x } }', 'unknown-key twilio.anouncement'],
  ] as const) {
    it(`says ${fault} of ${twilio}`, async () => {
      expect((await read(twilio)).faults).to.include(fault)
    })
  }
})
