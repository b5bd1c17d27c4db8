import { join } from 'node:path'
import { expect } from 'chai'
import { refusalOf } from '../../../core/ingress/signature.ts'
import { CALL } from '../../support/calls.ts'
import { type Door, type DoorOptions, openDoor, PUBLIC_URL, TOKEN } from '../../support/door.ts'
import { freshFolder } from '../../support/folder.ts'
import { type Answer, post, RECORDING_FORM, type Sent, send, signed } from '../../support/twilio-request.ts'

/** From Twilio's documentation of request validation. */
const DOCUMENTED = {
  publicUrl: 'https://example.com',
  target: '/myapp.php?foo=1&bar=2',
  form: {
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675310',
    Digits: '1234',
    From: '+14158675310',
    To: '+18005551212',
  },
  token: '12345',
  signature: 'L/OH5YylLD5NRKLltdqwSvS0BnU=',
}

describe('refusalOf', () => {
  const { publicUrl, target, form, token, signature } = DOCUMENTED
  const request = { target, form, signatures: [signature] }

  it('accepts the example of Twilio’s documentation', () => {
    expect(refusalOf(request, { publicUrl, authTokens: [token] })).to.equal(undefined)
  })

  for (const [what, changed] of [
    ['another path', { target: '/myapp.php?foo=1&bar=3' }],
    ['another value', { form: { ...form, Digits: '1235' } }],
    ['one value more', { form: { ...form, Extra: '', X: '1' } }],
    ['another signature', { signatures: ['L/OH5YylLD5NRKLltdqwSvS0BnV='] }],
    ['a signature cut short', { signatures: [signature.slice(0, -1)] }],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(refusalOf({ ...request, ...changed }, { publicUrl, authTokens: [token] })).to.equal(
        'the signature does not match',
      )
    })
  }

  it('refuses, and does not throw, where PUBLIC_URL is no URL', () => {
    const signer = { publicUrl: 'not a url', authTokens: [token] }
    expect(refusalOf(request, signer)).to.equal('the signature does not match')
  })
})

describe('The signature of a callback', () => {
  const folder = freshFolder()
  const doors: Door[] = []

  const open = async (options: Partial<DoorOptions> = {}) => {
    const door = await openDoor({ file: join(folder.path, `${doors.length}.db`), ...options })
    doors.push(door)
    return door
  }
  afterEach(async () => {
    for (const door of doors.splice(0)) await door.close()
  })

  /** Asserts that a request was refused without a trace but for one warning. */
  async function expectRefused(door: Door, answer: Answer, reason: string): Promise<void> {
    expect(answer.status).to.equal(403)
    expect(JSON.parse(answer.text).error.code).to.equal('signature-refused')
    expect(await door.store.findCall(CALL)).to.equal(undefined)
    const warnings = door.lines.filter(({ level }) => level === 'warn')
    expect(warnings).to.have.length(1)
    expect(warnings[0]?.fields).to.include({ reason })
    expect(warnings[0]?.fields).to.have.property('remedy').that.is.a('string')
    expect(JSON.stringify(door.lines)).not.to.include(TOKEN)
    expect(answer.text).not.to.include(TOKEN)
  }

  const request = (headers: Sent['headers'] = {}): Sent => {
    const { body } = signed('/twilio/recording', RECORDING_FORM)
    return {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      ...(body === undefined ? {} : { body }),
    }
  }

  it('is that of PUBLIC_URL, whatever the request says of hosts', async () => {
    const door = await open()
    const { headers, body } = signed('/twilio/recording', RECORDING_FORM)
    const forwarded = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' }
    const answer = await send(door.port, '/twilio/recording', {
      headers: { ...headers, ...forwarded },
      body: body ?? '',
    })
    expect(answer.status).to.equal(204)
  })

  it('over forwarded headers is refused', async () => {
    const door = await open()
    const { headers, body } = signed('/twilio/recording', RECORDING_FORM, {
      url: 'https://evil.example/twilio/recording',
    })
    const forwarded = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' }
    const answer = await send(door.port, '/twilio/recording', {
      headers: { ...headers, ...forwarded },
      body: body ?? '',
    })
    await expectRefused(door, answer, 'the signature does not match')
  })

  it('covers the query', async () => {
    const door = await open()
    const path = '/twilio/recording?business=1&x=%27'
    expect((await post(door.port, path, RECORDING_FORM)).status).to.equal(204)
    const other = await post(door.port, `${path}2`, RECORDING_FORM, { url: `${PUBLIC_URL}${path}` })
    expect(other.status).to.equal(403)
  })

  it('may be made with either of two tokens while they rotate', async () => {
    const door = await open({ authTokens: ['a-new-token', TOKEN] })
    for (const token of ['a-new-token', TOKEN]) {
      expect((await post(door.port, '/twilio/recording', RECORDING_FORM, { token })).status).to.equal(204)
    }
    expect((await post(door.port, '/twilio/recording', RECORDING_FORM, { token: 'a-third' })).status).to.equal(403)
  })

  it('of another path is refused, and the log has the URL that was checked', async () => {
    const door = await open()
    const answer = await post(door.port, '/twilio/recording', RECORDING_FORM, { url: `${PUBLIC_URL}/twilio/status` })
    await expectRefused(door, answer, 'the signature does not match')
    expect(door.lines.at(-1)?.fields).to.include({ url: `${PUBLIC_URL}/twilio/recording` })
  })

  it('of another form is refused', async () => {
    const door = await open()
    const form = { ...RECORDING_FORM, RecordingDuration: '43' }
    await expectRefused(
      door,
      await post(door.port, '/twilio/recording', form, { form: RECORDING_FORM }),
      'the signature does not match',
    )
  })

  it('must be there', async () => {
    const door = await open()
    await expectRefused(door, await send(door.port, '/twilio/recording', request()), 'the signature header is missing')
  })

  it('must not be empty', async () => {
    const door = await open()
    const answer = await send(door.port, '/twilio/recording', request({ 'X-Twilio-Signature': '' }))
    await expectRefused(door, answer, 'the signature header is missing')
  })

  it('must come once, even if one of two is right', async () => {
    const door = await open()
    const { headers } = signed('/twilio/recording', RECORDING_FORM)
    const doubled = request({ 'X-Twilio-Signature': [headers['X-Twilio-Signature'] ?? '', 'another'] })
    await expectRefused(door, await send(door.port, '/twilio/recording', doubled), 'the signature header came twice')
  })

  it('is refused where there is no token', async () => {
    const door = await open({ authTokens: [] })
    const answer = await post(door.port, '/twilio/recording', RECORDING_FORM)
    await expectRefused(door, answer, 'TWILIO_AUTH_TOKEN is not set')
  })

  it('made with an empty token is refused where the token is empty', async () => {
    const door = await open({ authTokens: [''] })
    const answer = await post(door.port, '/twilio/recording', RECORDING_FORM, { token: '' })
    await expectRefused(door, answer, 'TWILIO_AUTH_TOKEN is not set')
  })

  for (const [what, publicUrl, url] of [
    ['a path before it', 'https://example.com/aftercall', 'https://example.com/aftercall'],
    ['a port, with it', 'https://example.com:8443', 'https://example.com:8443'],
    ['a port, without it', 'https://example.com:8443', 'https://example.com'],
    ['the usual port, which Twilio adds', 'https://example.com', 'https://example.com:443'],
    ['a port of plain HTTP', 'http://example.com:8080', 'http://example.com:8080'],
  ] as const) {
    it(`may be made over ${what}`, async () => {
      const door = await open({ publicUrl })
      for (const path of ['/twilio/recording', '/twilio/recording?a=b%20c&a=d']) {
        const answer = await post(door.port, path, RECORDING_FORM, { url: `${url}${path}` })
        expect(answer.status, path).to.equal(204)
      }
    })
  }

  it('over the address with a password, as it is typed at Twilio, is that without', async () => {
    // Twilio signs without user and password, and sends them as Basic auth.
    const door = await open()
    const { headers, body } = signed('/twilio/recording', RECORDING_FORM)
    const answer = await send(door.port, '/twilio/recording', {
      headers: { ...headers, Authorization: 'Basic dXNlcjpwYXNz' },
      body: body ?? '',
    })
    expect(answer.status).to.equal(204)
  })

  it('over another path before it is refused', async () => {
    const door = await open({ publicUrl: 'https://example.com/aftercall' })
    const url = 'https://example.com/twilio/recording'
    expect((await post(door.port, '/twilio/recording', RECORDING_FORM, { url })).status).to.equal(403)
  })

  it('says nothing of JSON, which is refused, and named in the log', async () => {
    const door = await open()
    const { headers } = signed('/twilio/recording', {})
    const json = { ...headers, 'Content-Type': 'application/json' }
    const answer = await send(door.port, '/twilio/recording', { headers: json, body: '{}' })
    expect(answer.status).to.equal(415)
    const warnings = door.lines.filter(({ level }) => level === 'warn')
    expect(warnings.map(({ fields }) => fields)).to.have.length(1)
    expect(warnings[0]?.fields).to.include({
      reason: 'the body must be application/x-www-form-urlencoded',
      url: `${PUBLIC_URL}/twilio/recording`,
    })
  })

  it('is refused where PUBLIC_URL is not set', async () => {
    const door = await open({ publicUrl: null })
    const url = `${door.url}/twilio/recording`
    await expectRefused(
      door,
      await post(door.port, '/twilio/recording', RECORDING_FORM, { url }),
      'PUBLIC_URL is not set',
    )
  })
})
