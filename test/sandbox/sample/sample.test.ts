import { stat } from 'node:fs/promises'
import { bufferSource, isSilent, measureLevel, readSlice, readWavHeader, withFileSource } from 'aftercall/audio'
import { expect } from 'chai'
import { SAMPLE_FILE, sampleTurns } from '../../../sandbox/sample/index.ts'

const CHANNELS = { customer: 0, agent: 1 }

describe('the sample call', () => {
  it('is a short dual-channel phone recording, small enough to ship', async () => {
    const header = await withFileSource(SAMPLE_FILE, readWavHeader)
    expect(header).to.include({ encoding: 'mulaw', channels: 2, sampleRate: 8000, extent: 'complete' })
    expect(header.durationSec).to.be.within(25, 40)
    expect((await stat(SAMPLE_FILE)).size).to.be.below(700_000)
  })

  it('has each turn of its script on the channel of its speaker, and not on the other', () =>
    withFileSource(SAMPLE_FILE, async (source) => {
      const header = await readWavHeader(source)
      for (const { speaker, start, end, text } of sampleTurns) {
        const turn = bufferSource(await readSlice(source, header, { startSec: start, endSec: end }))
        const turnHeader = await readWavHeader(turn)
        const own = await measureLevel(turn, turnHeader, CHANNELS[speaker])
        const other = await measureLevel(turn, turnHeader, 1 - CHANNELS[speaker])
        expect(isSilent(own), text).to.equal(false)
        expect(isSilent(other), text).to.equal(true)
      }
    }))

  it('says what the demo extracts', () => {
    const said = sampleTurns.map((turn) => turn.text).join(' ')
    expect(said).to.include('Haifa').and.to.include('plumber')
  })
})
