import { speakerOfChannel } from 'aftercall/audio'
import { expect } from 'chai'

const both = (direction: string | null) => [0, 1].map((channel) => speakerOfChannel({ direction }, channel, 2))

describe('speakerOfChannel', () => {
  it('takes the parent leg, the first channel, for the customer where they called or were called by the API', () => {
    expect(both('inbound')).to.deep.equal(['customer', 'agent'])
    expect(both('outbound-api')).to.deep.equal(['customer', 'agent'])
  })

  it('takes the parent leg for the agent where an agent dialled out', () => {
    expect(both('outbound-dial')).to.deep.equal(['agent', 'customer'])
  })

  it('counts a recording of unknown direction as inbound', () => {
    expect(both(null)).to.deep.equal(['customer', 'agent'])
  })

  it('does not guess who speaks on a mixed track, or in a conference', () => {
    expect(speakerOfChannel({ direction: 'inbound' }, 0, 1)).to.equal('unknown')
    expect(speakerOfChannel({ direction: 'inbound' }, 0, 3)).to.equal('unknown')
    expect(speakerOfChannel({ direction: 'inbound' }, 2, 2)).to.equal('unknown')
  })
})
