import { expect } from 'chai'
import fc from 'fast-check'
import { isPublic, parseAllowances } from '../../../core/outbound/address.ts'

describe('isPublic', () => {
  const inside = [
    '127.0.0.1',
    '127.255.255.254',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '198.18.0.1',
    '192.0.0.8',
    '240.0.0.1',
    '::',
    '::1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '100::1',
    'not an address',
    '',
  ]
  for (const address of inside) {
    it(`refuses ${JSON.stringify(address)}`, () => expect(isPublic(address)).to.equal(false))
  }

  for (const address of ['8.8.8.8', '172.32.0.1', '::ffff:8.8.8.8', '2a00:1450:4001::1', '2606:4700::1111']) {
    it(`admits ${address}`, () => expect(isPublic(address)).to.equal(true))
  }

  it('judges IPv4 and its IPv6 spelling alike', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublic(`::ffff:${address}`)).to.equal(isPublic(address))
      }),
    )
  })

  it('admits nothing outside 2000::/3 and never throws', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        if (isPublic(address) && !/^::ffff:/i.test(address)) expect(address).to.match(/^[23][0-9a-f]{3}:/i)
      }),
    )
  })
})

describe('what OUTBOUND_ALLOW names', () => {
  const allowances = parseAllowances(['10.1.0.0/16', '192.168.0.7', 'fd00::/8', 'Crm.Internal'])

  it('is a network, an address or a host name, in any case', () => {
    expect(allowances.hasAddress('10.1.255.1')).to.equal(true)
    expect(allowances.hasAddress('::ffff:10.1.0.1')).to.equal(true)
    expect(allowances.hasAddress('192.168.0.7')).to.equal(true)
    expect(allowances.hasAddress('fd12::1')).to.equal(true)
    expect(allowances.hasHost('crm.internal')).to.equal(true)
  })

  it('names nothing beside it', () => {
    expect(allowances.hasAddress('10.2.0.1')).to.equal(false)
    expect(allowances.hasAddress('192.168.0.8')).to.equal(false)
    expect(allowances.hasAddress('::a01:1')).to.equal(false)
    expect(allowances.hasHost('evil.crm.internal')).to.equal(false)
    expect(allowances.hasHost('crm.internal.evil.com')).to.equal(false)
  })
})
