import type { extract, InputOf, Transcript } from 'aftercall'
import {
  artifactOf,
  extractConformance,
  runAttempt,
  sampleBusiness,
  sampleCall,
  sampleTranscript,
} from 'aftercall/testing'
import { expect } from 'chai'
import type { FieldsOption } from '../../../plugins/extract/_fields/declaration.ts'
import vocabulary from '../../../plugins/extract/vocabulary.ts'

const text: FieldsOption[string] = { description: '', type: 'string', vocabulary: [], aliases: {}, open: false }
const FIELDS = {
  city: { ...text, vocabulary: ['Tel Aviv', 'Haifa', 'תל אביב', 'İzmir'], aliases: { 'Tel Aviv': ['Jaffa', 'Yafo'] } },
  service: { ...text, vocabulary: ['plumber', 'electrician', 'water', 'water heater'] },
} satisfies FieldsOption

describe('extract/vocabulary', () => {
  const input = (more: Partial<Transcript> = {}, call = sampleCall()): InputOf<typeof extract> => ({
    call,
    transcript: sampleTranscript(more),
  })
  const found = async (said: string, fields: FieldsOption = FIELDS, call = sampleCall()) =>
    artifactOf(await runAttempt(vocabulary, { fields }, input({ text: said, segments: [] }, call))).values
  const city = async (said: string) => (await found(said))['city']?.value
  const service = async (said: string) => (await found(said))['service']?.value

  extractConformance({
    name: 'extract/vocabulary',
    definition: vocabulary,
    options: () => ({ fields: FIELDS }),
    fields: ['city', 'service'],
    input,
    unrelatedInput: () => input({ text: 'Wrong number, sorry.', segments: [] }),
  })

  it('finds words whatever their case, with the sentence that they stand in', async () => {
    const values = await found('Agent: Where? Customer: I live in HAIFA, near the port. Thank you.')
    expect(values['city']).to.deep.equal({
      value: 'Haifa',
      raw: 'Haifa',
      evidence: 'Customer: I live in HAIFA, near the port.',
      problem: null,
    })
    expect(values['service']).to.deep.equal({ value: null, raw: null, evidence: null, problem: null })
  })

  it('finds whole words only', async () => {
    expect(await service('The plumbers union, and waterfalls.')).to.equal(null)
    expect(await service('The plumber’s bill.')).to.equal('plumber')
    expect(await city('Haifaית')).to.equal(null)
  })

  it('finds words over hyphens, line breaks and in other scripts', async () => {
    expect(await city('in tel-aviv')).to.equal('Tel Aviv')
    expect(await city('in Tel\u00a0Aviv')).to.equal('Tel Aviv')
    expect(await city('אני גר בתל אביב')).to.equal(null)
    expect(await city('אני גר \u200fתל־אָבִיב, תודה')).to.equal('תל אביב')
    expect(await city('from İzmir')).to.equal('İzmir')
  })

  it('takes an alias for the word that it means', async () => {
    expect((await found('In Jaffa, by the sea.'))['city']).to.include({ value: 'Tel Aviv', raw: 'Jaffa' })
  })

  it('prefers the longer word, and the last mention', async () => {
    expect(await service('My water heater.')).to.equal('water heater')
    expect(await service('An electrician. No, sorry: a plumber! A plumber, please.')).to.equal('plumber')
    expect(await service('The water heater; no water.')).to.equal('water')
    expect(await city('I moved from Haifa to Tel Aviv')).to.equal('Tel Aviv')
  })

  it('leaves fields to others that have no vocabulary, and says so', async () => {
    const values = await found('Three rooms in Haifa', { ...FIELDS, rooms: { ...text, type: 'number' } })
    expect(values['rooms']).to.include({ value: null }).and.to.have.property('problem').that.is.a('string')
    expect(values['city']).to.include({ value: 'Haifa' })
  })

  it('adds the words of the business, for its own fields only', async () => {
    const call = sampleCall({ business: sampleBusiness({ vocabulary: { service: ['roofer'], constructor: ['x'] } }) })
    expect((await found('A roofer, please', FIELDS, call))['service']).to.include({ value: 'roofer' })
    expect((await found('A roofer, please'))['service']).to.include({ value: null })
  })

  it('is not confused by words that hold nothing to compare', async () => {
    const values = await found('Hello?!', { odd: { ...text, vocabulary: ['?!', '—'], aliases: { '?!': ['…'] } } })
    expect(values['odd']).to.include({ value: null })
  })
})
