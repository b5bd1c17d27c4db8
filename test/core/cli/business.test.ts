import { expect } from 'chai'
import { silentLogger } from '../../../core/contracts/index.ts'
import { rowsOf } from '../../../core/store/database.ts'
import { openStore, type Store } from '../../../core/store/store.ts'
import { CALL, statusCallback } from '../../support/calls.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'
import { MIGRATIONS } from '../../support/stores.ts'

describe('aftercall business', () => {
  const folder = freshFolder()
  let store: Store

  beforeEach(async () => {
    const file = `${folder.path}/data/aftercall.db`
    store = openStore({ address: { kind: 'sqlite', file }, migrations: MIGRATIONS })
    await store.migrate(silentLogger)
  })
  afterEach(() => store.close())

  const business = (...argv: readonly string[]) => aftercall(['business', ...argv], { cwd: folder.path })
  const add = (...argv: readonly string[]) => business('add', '--name', 'Plumbers', ...argv)
  const listed = async () => JSON.parse((await business('list', '--json')).stdout)

  it('adds one with everything that it can have, and lists it without its secret', async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
    const given = [
      ...['--phone', '+1 415-555-0100', '+972 50 123 4567', '--language', 'he-il', '--forward-to', '+97235550100'],
      ...['--webhook-url', 'https://crm.example.com/calls', '--webhook-secret', secret],
      ...['--announcement', 'שלום, השיחה מוקלטת', '--vocabulary', 'city=Haifa,Jaffa', '--vocabulary', 'service=boiler'],
    ]
    const { exit, stdout, stderr } = await add(...given)
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: '' })
    expect(stdout).to.equal('Added Plumbers: +14155550100, +972501234567\n')
    const [shown] = await listed()
    expect(shown).to.deep.include({
      name: 'Plumbers',
      phones: ['+14155550100', '+972501234567'],
      language: 'he-IL',
      webhook_url: 'https://crm.example.com/calls',
      has_webhook_secret: true,
      forward_to: '+97235550100',
      announcement: 'שלום, השיחה מוקלטת',
      vocabulary: { city: ['Haifa', 'Jaffa'], service: ['boiler'] },
      calls: 0,
    })
    expect(JSON.stringify(shown)).not.to.include(secret)
    const table = await business('list')
    expect(table.stdout).to.include('Plumbers').and.include('+972501234567').and.not.include(secret)
  })

  it('makes a secret where a webhook has none, and shows it once', async () => {
    const { stdout, stderr } = await add('--phone', '+14155550100', '--webhook-url', 'https://crm.example.com')
    const [, shown = ''] = /^(whsec_\S+)$/m.exec(stdout) ?? []
    expect(Buffer.from(shown.slice(6), 'base64')).to.have.length(32)
    expect(stderr).to.include('not shown again')
    const [row] = await rowsOf<{ webhook_secret: string }>(store.database, 'SELECT webhook_secret FROM business')
    expect(row?.webhook_secret).to.equal(shown)
  })

  for (const [what, argv, said] of [
    ['a national number', ['--phone', '050-123-4567'], 'with its country'],
    ['a short code', ['--phone', '12345'], 'with its country'],
    ['a SIP address', ['--phone', 'sip:+14155550100@example.com'], 'with its country'],
    ['a number that is too short', ['--phone', '+1 415'], 'this many digits'],
    ['a number of its own to forward to', ['--phone', '+14155550100', '--forward-to', '+14155550100'], 'in circles'],
    ['a language that is none', ['--phone', '+14155550100', '--language', 'hebrew language'], 'a language'],
    ['an address that is none', ['--phone', '+14155550100', '--webhook-url', 'ftp://x'], 'https://'],
    [
      'a secret without an address',
      ['--phone', '+14155550100', '--webhook-secret', `whsec_${'A'.repeat(43)}=`],
      'both',
    ],
    ['a vocabulary without words', ['--phone', '+14155550100', '--vocabulary', 'city='], 'city=Haifa'],
    ['no number', [], '--phone'],
  ] as const) {
    it(`ends with 2 on ${what}, and adds nothing`, async () => {
      const { exit, stderr } = await add(...argv)
      expect(exit).to.equal(2)
      expect(stderr).to.include(said)
      expect(await listed()).to.deep.equal([])
    })
  }

  it('refuses a number of another business, and leaves nothing of the second', async () => {
    await add('--phone', '+14155550100')
    const { exit, stderr } = await business('add', '--name', 'Others', '--phone', '+14155550199', '+1 (415) 555-0100')
    expect(exit).to.equal(1)
    expect(stderr).to.include('+14155550100 belongs to Plumbers already')
    expect((await listed()).map(({ name }: { name: string }) => name)).to.deep.equal(['Plumbers'])
  })

  it('refuses a name that is taken', async () => {
    await add('--phone', '+14155550100')
    const { exit, stderr } = await add('--phone', '+14155550101')
    expect({ exit, conflict: stderr.startsWith('error conflict: ') }).to.deep.equal({ exit: 1, conflict: true })
  })

  it('removes one by its name, keeps its calls, and frees its numbers', async () => {
    await add('--phone', '+97231234567')
    await store.ingestStatus(statusCallback({ to: '+97231234567' }))
    expect((await store.findCall(CALL))?.call.business_id).to.be.a('string')
    const { exit, stderr } = await business('remove', 'Plumbers')
    expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: 'Removed Plumbers. 1 calls stay, unassigned.\n' })
    expect((await store.findCall(CALL))?.call.business_id).to.equal(null)
    expect((await add('--phone', '+97231234567')).exit).to.equal(0)
  })

  it('fails where there is none to remove', async () => {
    const { exit, stderr } = await business('remove', 'Nobody')
    expect({ exit, missing: stderr.includes('there is no business Nobody') }).to.deep.equal({ exit: 1, missing: true })
  })

  it('says that there are none', async () => {
    const { stdout, stderr } = await business('list')
    expect({ stdout, stderr }).to.deep.equal({
      stdout: '',
      stderr: 'There are no businesses yet: every call is unassigned.\n',
    })
  })

  it('shows the options of each part in its help', async () => {
    const { exit, stdout } = await business('--help')
    expect(exit).to.equal(0)
    for (const option of ['--name', '--phone', '--forward-to', '--vocabulary']) expect(stdout).to.include(option)
  })
})
