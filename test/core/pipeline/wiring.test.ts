import { expect } from 'chai'
import fc from 'fast-check'
import { Type } from 'typebox'
import {
  type AnyArtifact,
  type AnyContract,
  defineArtifact,
  defineContract,
  firstOf,
} from '../../../core/contracts/index.ts'
import { consumedBy, type WireableStage, wire } from '../../../core/pipeline/wiring.ts'

const artifacts = 'abcdef'.split('').map((name) => defineArtifact(name, Type.Object({})))
const [a, b, c, d] = artifacts
if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('there are six')

function contract(
  produces: AnyArtifact,
  consumes: AnyContract['consumes'] = [],
  optional: readonly AnyArtifact[] = [],
  final = false,
): AnyContract {
  return defineContract({ stage: 'x', consumes, optional, produces, final })
}

function stages(...contracts: readonly AnyContract[]): readonly WireableStage[] {
  return contracts.map((one, index) => ({ id: `s${index}`, contract: one }))
}

/** Of each stage: what it reads from whom. */
const read = (...contracts: readonly AnyContract[]) =>
  wire(stages(...contracts)).map(([{ inputs }]) =>
    inputs
      .map(({ candidates }) => candidates.map(({ artifact, from }) => `${artifact.name}<${from}`).join('|'))
      .join(' '),
  )

const faults = (...contracts: readonly AnyContract[]) =>
  wire(stages(...contracts)).map(([, found]) => found.map(({ kind }) => kind).join())

describe('wire', () => {
  it('reads each artifact from its nearest producer above, so that a replacement is what those below get', () => {
    expect(read(contract(a), contract(b, [a]), contract(a, [a]), contract(c, [a]), contract(d, [b, a]))).to.deep.equal([
      '',
      'a<s0',
      'a<s0',
      'a<s2',
      'b<s1 a<s2',
    ])
  })

  it('lists the producers of a first-of in the order of the contract, as far as there are any', () => {
    expect(read(contract(a), contract(b), contract(c, [firstOf(b, a)]))).to.deep.equal(['', '', 'b<s1|a<s0'])
    expect(read(contract(a), contract(c, [firstOf(b, a)]))).to.deep.equal(['', 'a<s0'])
  })

  it('leaves out an optional input that nobody produces', () => {
    expect(read(contract(a), contract(b, [a], [c]))).to.deep.equal(['', 'a<s0'])
  })

  it('lets final stages depend on nothing, though they read', () => {
    const wires = wire(stages(contract(a), contract(b, [a], [], true)))
    expect(wires[1]?.[0]).to.deep.include({
      dependsOn: [],
      inputs: [{ need: 'required', candidates: [{ artifact: a, from: 's0' }] }],
    })
  })

  it('lets the last producer alone write columns', () => {
    const wires = wire(stages(contract(a), contract(a, [a]), contract(b, [a]), contract(a, [a])))
    expect(wires.map(([{ writesColumns }]) => writesColumns)).to.deep.equal([false, false, true, true])
  })

  it('reports a missing input, a second producer, and what comes too late', () => {
    expect(faults(contract(b, [a]))).to.deep.equal(['missing-input'])
    expect(faults(contract(a), contract(a))).to.deep.equal(['', 'two-producers'])
    expect(faults(contract(a, [], [], true), contract(b, [a]))).to.deep.equal(['', 'missing-input'])
    expect(faults(contract(a, [], [], true), contract(a, [], [], true))).to.deep.equal(['', ''])
  })

  it('takes artifacts of one name and one schema for the same, and of another schema for a conflict', () => {
    const again = defineArtifact('a', Type.Object({}))
    const other = defineArtifact('a', Type.Object({ x: Type.Number() }))
    expect(faults(contract(a), contract(b, [again]))).to.deep.equal(['', ''])
    expect(faults(contract(a), contract(b, [other]))).to.deep.equal(['', 'artifact-conflict'])
  })

  const anyArtifact = fc.constantFrom(...artifacts)
  const anyInput = fc.oneof(
    anyArtifact,
    fc.tuple(anyArtifact, anyArtifact).map(([one, two]) => firstOf(one, two)),
  )
  const anyContract = fc
    .tuple(anyArtifact, fc.array(anyInput, { maxLength: 3 }), fc.array(anyArtifact, { maxLength: 2 }), fc.boolean())
    .map((parts) => contract(...parts))

  it('always finds a topological order, and the nearest producer', () => {
    fc.assert(
      fc.property(fc.array(anyContract, { maxLength: 12 }), (contracts) => {
        const all = stages(...contracts)
        wire(all).forEach(([{ inputs, dependsOn }], index) => {
          const above = all.slice(0, index)
          const ids = above.map(({ id }) => id)
          expect(ids).to.include.members([...dependsOn])
          for (const { artifact, from } of inputs.flatMap(({ candidates }) => candidates)) {
            const between = all.slice(ids.indexOf(from) + 1, index)
            const { final } = all[index]?.contract ?? {}
            expect(all[ids.indexOf(from)]?.contract.produces.name).to.equal(artifact.name)
            expect(
              between.filter(({ contract }) => contract.produces.name === artifact.name && (final || !contract.final)),
            ).to.deep.equal([])
          }
        })
      }),
    )
  })

  it('gives every required input a producer, or reports it', () => {
    fc.assert(
      fc.property(fc.array(anyContract, { maxLength: 12 }), (contracts) => {
        wire(stages(...contracts)).forEach(([{ inputs }, found], index) => {
          const required = inputs.filter(({ need }) => need === 'required').length
          const missing = found.filter(({ kind }) => kind === 'missing-input').length
          expect(required + missing).to.equal(contracts[index]?.consumes.length)
        })
      }),
    )
  })

  it('knows every artifact that a contract may read', () => {
    expect(consumedBy(contract(a, [firstOf(b, c)], [d])).map(({ name }) => name)).to.deep.equal(['b', 'c', 'd'])
  })
})
