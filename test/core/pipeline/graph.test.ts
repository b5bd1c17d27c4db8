import { expect } from 'chai'
import { graphMermaid, graphRecords, graphText } from '../../../core/pipeline/graph.ts'
import type { Plan } from '../../../core/pipeline/plan.ts'
import { load } from './drivers.ts'

async function planned(): Promise<Plan> {
  const { plan, faults } = await load(`
version: 1
stages:
  - { stage: recording-store, use: filesystem }
  - { stage: transcode, use: ffmpeg, fallback: [{ use: passthrough }] }
  - { stage: stt, use: openai, id: speech }
  - { stage: summarize, use: openai, optional: true }
  - { stage: extract, use: openai, with: { fields: {} } }
  - { stage: feel, use: words }
  - { stage: webhook, use: http, with: { secret: hunter2 } }
`)
  if (plan === undefined) throw new Error(JSON.stringify(faults))
  return plan
}

describe('a plan as a graph', () => {
  it('is, as text, a line per stage with the turn in which it can run', async () => {
    expect(graphText(await planned())).to.equal(
      [
        '1  recording-store  filesystem                → recording',
        '2  transcode        ffmpeg, else passthrough  recording → audio',
        '3  speech (stt)     openai                    audio or recording → transcript',
        '4  summarize        openai                    transcript → summary                optional',
        '   extract          openai                    transcript → fields',
        '5  feel             words                     transcript + (summary) → sentiment',
        '6  webhook          http                      outcome → receipt                   final',
        '',
      ].join('\n'),
    )
  })

  it('is, as Mermaid, nodes and edges that carry the artifacts', async () => {
    expect(graphMermaid(await planned())).to.equal(
      [
        'flowchart TD',
        '  s0["<b>recording-store</b><br/>filesystem"]',
        '  s1["<b>transcode</b><br/>ffmpeg<br/>else passthrough"]',
        '  s2["<b>speech</b><br/>openai"]',
        '  s3["<b>summarize</b><br/>openai<br/><i>optional</i>"]',
        '  s4["<b>extract</b><br/>openai"]',
        '  s5["<b>feel</b><br/>words"]',
        '  s6["<b>webhook</b><br/>http"]',
        '  s0 -->|recording| s1',
        '  s1 -->|audio| s2',
        '  s0 -.->|recording| s2',
        '  s2 -->|transcript| s3',
        '  s2 -->|transcript| s4',
        '  s2 -->|transcript| s5',
        '  s3 -.->|summary| s5',
        '  outcome(("outcome"))',
        '  s4 --> outcome',
        '  s5 --> outcome',
        '  outcome --> s6',
        '',
      ].join('\n'),
    )
  })

  it('is, as data, without options', async () => {
    const records = graphRecords(await planned())
    expect(records[2]).to.deep.equal({
      id: 'speech',
      stage: 'stt',
      use: ['openai'],
      optional: false,
      final: false,
      dependsOn: ['transcode', 'recording-store'],
      consumes: [
        { artifact: 'audio', from: 'transcode' },
        { artifact: 'recording', from: 'recording-store' },
      ],
      produces: 'transcript',
    })
    expect(JSON.stringify(records)).not.to.include('hunter2')
  })
})
