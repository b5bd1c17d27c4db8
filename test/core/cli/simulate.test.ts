import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { wav } from '../../plugins/_openai/wav.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'
import { freshInstallation, type StartOptions } from '../../support/installation.ts'
import { needPrograms } from '../../support/programs.ts'
import { onEachDatabase } from '../../support/stores.ts'

const BIN = join(import.meta.dirname, '../../../bin/aftercall.js')

describe('aftercall simulate', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)

    /** A server that fetches recordings where `simulate` serves them, and the command, in one environment. */
    async function start(options: StartOptions = {}) {
      const media = { TWILIO_API_URL: `http://127.0.0.1:${await freePort()}`, ...options.environment }
      const running = await installation.start({ ...options, environment: media })
      const simulate = (argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
        aftercall(['simulate', '--url', running.url, ...argv], {
          cwd: installation.surroundings.folder,
          env: { ...installation.surroundings.environment, ...media, ...env },
        })
      return { running, simulate }
    }

    it('sends a call through a running server, and shows every stage and the row', async () => {
      const { running, simulate } = await start()
      const { exit, stdout, stderr } = await simulate(['--from', '+972501234567', '--to', '+97231234567'])
      expect(exit).to.equal(0)
      const [, callSid = ''] = /^call_sid +(CA[0-9a-f]{32})$/m.exec(stdout) ?? []
      expect(stdout)
        .to.match(/^outcome +completed$/m)
        .and.match(/^chars +\d+$/m)
        .and.match(/^extracted_city +Tel Aviv$/m)
      expect(stderr).to.include(`Call ${callSid} from +972501234567 to +97231234567, 39 s\n`)
      const { call, run } = await running.view({ callSid, recordingSid: '' })
      for (const { id } of run?.stages ?? []) expect(stderr).to.match(new RegExp(`^ {2}✔ ${id} .*done`, 'm'))
      expect(call).to.include({
        from_number: '+972501234567',
        to_number: '+97231234567',
        direction: 'inbound',
        call_status: 'completed',
        duration_sec: 39,
        recording_channels: 2,
      })
      expect(installation.surroundings.endpoint.of(callSid)).to.have.length(1)
    })

    it('asks what is to be done with the call first, and leaves that out on request', async () => {
      const { simulate } = await start()
      const answered = await simulate()
      expect(answered.stderr).to.match(/^Answered: <Response.*>$/m)
      const listened = await simulate(['--no-voice'])
      expect(listened.exit).to.equal(0)
      expect(listened.stderr).to.not.include('Answered')
    })

    it('takes a recording of one’s own, and prints what the API answers', async () => {
      const { running, simulate } = await start()
      await writeFile(join(installation.surroundings.folder, 'own.wav'), wav(2, 8_000))
      const { exit, stdout } = await simulate(['--audio', 'own.wav', '--json'])
      expect(exit).to.equal(0)
      const view = JSON.parse(stdout)
      expect(view.call).to.include({ recording_channels: 1, recording_duration_sec: 2 })
      expect(view).to.deep.equal(await running.view({ callSid: view.call.call_sid, recordingSid: '' }))
    })

    it('watches in the database where it does not know the token of the API', async () => {
      const { simulate } = await start()
      for (const token of ['', 'another-token']) {
        const { exit, stdout } = await simulate([], { ADMIN_TOKEN: token })
        expect(exit).to.equal(0)
        expect(stdout).to.match(/^status +processed$/m)
      }
    })

    it('does not wait for more than the recording, where it is told so', async () => {
      const { simulate } = await start()
      const { exit, stdout } = await simulate(['--no-wait', '--json'])
      expect(exit).to.equal(0)
      expect(JSON.parse(stdout).artifacts).to.have.property('recording')
    })

    it('signs over a public address that has a path, which the proxy strips', async () => {
      const environment = { PUBLIC_URL: 'https://example.com/calls/here' }
      const { simulate } = await start({ environment })
      const { exit, stderr } = await simulate(['--stream'])
      expect(stderr).not.to.include('error')
      expect(exit).to.equal(0)
    })

    it('streams the audio beside the recording, and the run is over the recording', async () => {
      const { running, simulate } = await start()
      const { exit, stdout } = await simulate(['--stream', '--json'])
      expect(exit).to.equal(0)
      expect(JSON.parse(stdout).call).to.include({ transcript_source: 'twilio', status: 'processed' })
      expect(running.lines.map(({ message }) => message).join()).to.include('[FINALIZE] Saved recording_sid: RE')
    })

    it('streams the audio of a call that nobody records, and the run is over the stream', async () => {
      const { simulate } = await start()
      const { exit, stdout } = await simulate(['--stream', 'only', '--json'])
      expect(exit).to.equal(0)
      expect(JSON.parse(stdout).call).to.include({ transcript_source: 'stream', status: 'processed' })
    })

    it('says how to convert what cannot be streamed', async () => {
      const { simulate } = await start()
      await writeFile(join(installation.surroundings.folder, 'wide.wav'), wav(2, 16_000))
      expect((await simulate(['--stream', '--audio', 'wide.wav'])).stderr).to.include('-ar 8000')
    })

    it('fails where the run fails, and says why', async () => {
      const { simulate } = await start()
      installation.surroundings.openai.faults.always('transcriptions', { kind: 'status', status: 401 })
      const { exit, stdout, stderr } = await simulate()
      expect(exit).to.equal(1)
      expect(stdout).to.match(/^outcome +failed$/m)
      expect(stderr).to.match(/✖ stt +openai +failed.*provider-credentials.*\n +→ /)
    })

    it('fails where nobody works, when its time is over', async () => {
      const { simulate } = await start({ role: 'web' })
      const { exit, stderr } = await simulate(['--timeout', '0s'])
      expect(exit).to.equal(1)
      expect(stderr)
        .to.include('Is a worker running (`aftercall start`)?')
        .and.match(/See on: aftercall calls CA/)
    })

    it('explains a signature that is refused', async () => {
      const { simulate } = await start()
      const wrong = await simulate([], { TWILIO_AUTH_TOKEN: 'wrong' })
      expect(wrong.exit).to.equal(1)
      expect(wrong.stderr)
        .to.include('error signature-refused: ')
        .and.include('PUBLIC_URL and TWILIO_AUTH_TOKEN must be the same')
      const unset = await simulate([], { PUBLIC_URL: '' })
      expect(unset.exit).to.equal(1)
      expect(unset.stderr).to.match(/Put PUBLIC_URL=http:\/\/127\.0\.0\.1:\d+ into \.env, and start the server again/)
    })

    it('refuses files that no call sounds like', async () => {
      const { simulate } = await start()
      await writeFile(join(installation.surroundings.folder, 'page.wav'), '<html></html>')
      const three = wav(1)
      three.writeUInt16LE(3, 22)
      await writeFile(join(installation.surroundings.folder, 'three.wav'), three)
      for (const file of ['page.wav', 'three.wav', 'none.wav', '.']) {
        const { exit, stderr } = await simulate(['--audio', file])
        expect(exit, file).to.equal(1)
        expect(stderr).to.include('error bad-request: ').and.include(join(installation.surroundings.folder, file))
      }
    })

    it('says when the port for the recording is taken', async () => {
      const { simulate } = await start()
      const { exit, stderr } = await simulate([], { TWILIO_API_URL: installation.surroundings.twilio.url })
      expect(exit).to.equal(2)
      expect(stderr).to.include('EADDRINUSE').and.include('TWILIO_API_URL')
    })

    it('ends as a process, too, whether it succeeds or not', async () => {
      const { running } = await start()
      const { environment, folder, twilio } = installation.surroundings
      const argv = [BIN, 'simulate', '--url', running.url]
      for (const [TWILIO_API_URL, exit] of [
        [running.app.configuration.twilio.apiUrl, 0],
        [twilio.url, 2],
      ] as const) {
        const child = spawn(process.execPath, argv, { cwd: folder, env: { ...environment, TWILIO_API_URL } })
        const [[code], stdout] = await Promise.all([once(child, 'exit'), text(child.stdout)])
        expect(code).to.equal(exit)
        expect(stdout).to.match(exit === 0 ? /^outcome +completed$/m : /^$/)
      }
    })
  })
})

describe('aftercall simulate, without what it needs', () => {
  const folder = freshFolder()
  const COMPLETE = {
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'simulated',
    TWILIO_API_URL: 'http://127.0.0.1:4010',
    PUBLIC_URL: 'http://127.0.0.1:3456',
    PORT: '3456',
  }
  const simulate = (env: Readonly<Record<string, string>>, argv: readonly string[] = []) =>
    aftercall(['simulate', ...argv], { cwd: folder.path, env })

  it('names the lines to put into .env, and with these asks no more', async () => {
    const { exit, stdout, stderr } = await simulate({ PORT: '3456' })
    expect({ exit, stdout }).to.deep.equal({ exit: 2, stdout: '' })
    const lines = [...stderr.matchAll(/^ {2}([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value])
    expect({ ...Object.fromEntries(lines), PORT: '3456' }).to.deep.equal(COMPLETE)
  })

  for (const name of ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_API_URL'] as const) {
    it(`names ${name} alone where only that is missing`, async () => {
      const { exit, stderr } = await simulate({ ...COMPLETE, [name]: '' })
      expect(exit).to.equal(2)
      expect(stderr.match(/^ {2}.*$/gm)).to.deep.equal([`  ${name}=${COMPLETE[name]}`])
    })
  }

  it('sends nothing to a server whose recordings come from elsewhere', async () => {
    for (const elsewhere of ['https://127.0.0.1:4010', 'http://127.0.0.1:4010/twilio', 'http://192.0.2.1:4010']) {
      expect((await simulate({ ...COMPLETE, TWILIO_API_URL: elsewhere })).exit).to.equal(2)
    }
  })

  it('says when no server runs, or nobody knows where', async () => {
    const port = String(await freePort())
    const none = await simulate({ ...COMPLETE, PORT: port, HOST: '0.0.0.0' })
    expect(none.exit).to.equal(1)
    expect(none.stderr)
      .to.include(`error server-unreachable: no server answers at http://127.0.0.1:${port}`)
      .and.include('`aftercall start`')
    const unknown = await simulate({ ...COMPLETE, PORT: '0' })
    expect(unknown.exit).to.equal(2)
    expect(unknown.stderr).to.include('--url')
  })

  it('says when something else runs where the server should', async () => {
    const other = createHttpServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      const { exit, stderr } = await simulate(COMPLETE, ['--url', `http://127.0.0.1:${portOf(other)}`])
      expect(exit).to.equal(1)
      expect(stderr).to.include('error server-unreachable: ').and.include('Something else listens there')
    } finally {
      other.closeAllConnections()
      other.close()
    }
  })

  it('ends with 2 on malformed options', async () => {
    for (const argv of [['--timeout', 'long'], ['--url', 'localhost:3000'], ['--to']]) {
      expect((await simulate(COMPLETE, argv)).exit, argv.join(' ')).to.equal(2)
    }
  })
})

/** One that nobody listens on, or did a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
