import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { rowsOf } from '../../../core/store/database.ts'
import { sendRecordingCallback } from '../../../sandbox/twilio/index.ts'
import { sidOf } from '../../support/calls.ts'
import { aftercall } from '../../support/command-line.ts'
import { freshFolder } from '../../support/folder.ts'
import { freshInstallation } from '../../support/installation.ts'
import { needPrograms } from '../../support/programs.ts'
import { onEachDatabase } from '../../support/stores.ts'
import { SHORT_RECORDING } from '../../support/surroundings.ts'

describe('aftercall calls', () => {
  needPrograms('ffmpeg')
  onEachDatabase((given) => {
    const installation = freshInstallation(given)
    const calls = (...argv: readonly string[]) => {
      const { folder, environment } = installation.surroundings
      return aftercall(['calls', ...argv], { cwd: folder, env: environment })
    }

    it('lists the latest calls, and as JSON what the API answers', async () => {
      const running = await installation.start()
      expect(await calls()).to.deep.equal({ exit: 0, stdout: '', stderr: 'There are no calls yet.\n' })
      for (const words of ['one', 'two']) await running.settled(await running.placeCall(words))

      const { exit, stdout } = await calls()
      expect(exit).to.equal(0)
      const [head, ...rows] = stdout.trimEnd().split('\n')
      expect(head).to.match(/^CALL +BEGAN +FROM +TO +LENGTH +STATUS +CITY +SERVICE$/)
      expect(rows.map((row) => row.slice(0, 34))).to.deep.equal([sidOf('CA', 'two'), sidOf('CA', 'one')])
      expect(rows[0]).to.match(/ \+972505550123 +\+97245550100 +0:01 +processed +Tel Aviv +plumber$/)

      const limited = await calls('--limit', '1', '--json')
      expect(JSON.parse(limited.stdout)).to.deep.equal((await running.get('/api/calls?limit=1')).body)
    })

    it('lists those of a status, or with some words', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      for (const found of [
        ['--status', 'processed'],
        ['--q', 'tel aviv'],
      ]) {
        expect((await calls(...found)).stdout).to.include(call.callSid)
      }
      for (const none of [
        ['--status', 'failed'],
        ['--q', 'Haifa'],
      ]) {
        expect(await calls(...none)).to.deep.equal({ exit: 0, stdout: '', stderr: 'No call matches.\n' })
      }
    })

    it('shows a call: its columns, every stage, fields, summary and transcript; as JSON what the API answers', async () => {
      const running = await installation.start()
      const call = await running.placeCall('one')
      const view = await running.settled(call)
      const { exit, stdout, stderr } = await calls(call.callSid)
      expect({ exit, stderr }).to.deep.equal({ exit: 0, stderr: '' })
      expect(stdout)
        .to.match(new RegExp(`^recording_sid +${call.recordingSid}$`, 'm'))
        .and.match(/^status +processed$/m)
        .and.match(new RegExp(`^Run ${view.run?.id}: settled, completed$`, 'm'))
        .and.match(/^ {2}✔ stt +openai +done, 1 attempt, [\d.]+ m?s$/m)
        .and.match(/^Fields\n {2}city +Tel Aviv\n {2}service +plumber$/m)
        .and.match(/^Summary\n {2}\S/m)
        .and.match(/^Transcript\n {2}.*I need a plumber in Tel Aviv/m)
      for (const { id } of view.run?.stages ?? []) expect(stdout).to.include(` ${id} `)
      expect(JSON.parse((await calls(call.callSid, '--json')).stdout)).to.deep.equal(view)
    })

    it('shows why a stage failed, and what to do', async () => {
      const running = await installation.start()
      installation.surroundings.openai.faults.always('transcriptions', { kind: 'status', status: 401 })
      const call = await running.placeCall('one')
      await running.settled(call)
      const { exit, stdout } = await calls(call.callSid)
      expect(exit).to.equal(0)
      expect(stdout)
        .to.match(/^ {2}✖ stt +openai +failed, 1 attempt, .*: provider-credentials: .*\n +→ Check the API key/m)
        .and.match(/^ {2}– extract +openai +skipped/m)
    })

    it('shows the run over another recording of the call, with what came of that one', async () => {
      const { surroundings } = installation
      const running = await installation.start()
      const call = await running.placeCall('one')
      await running.settled(call)
      const second = sidOf('RE', 'second')
      await surroundings.twilio.addRecording(second, { audio: SHORT_RECORDING, callSid: call.callSid })
      surroundings.openai.faults.always('transcriptions', { kind: 'text', text: 'Now in Haifa, an electrician.' })
      const later = { callSid: call.callSid, recordingSid: second, channels: 1, durationSec: 1 } as const
      const { accountSid, authToken } = surroundings.twilio
      const target = { url: `${surroundings.environment['PUBLIC_URL']}/twilio/recording`, at: running.url }
      await sendRecordingCallback({ ...target, accountSid, authToken }, { ...later, status: 'completed' })
      await running.settled(call)

      expect((await calls(call.callSid)).stdout).to.include('Now in Haifa')
      const first = await calls(call.callSid, '--recording', call.recordingSid)
      expect(first.stdout)
        .to.include('I need a plumber in Tel Aviv')
        .and.match(/^ {2}city +Tel Aviv$/m)
      expect(first.stdout).not.to.include('Now in Haifa')
    })

    it('lets nothing that was said steer the terminal', async () => {
      const running = await installation.start()
      const text = 'I need a plumber \u001b[2J\u009b31m\u0007 in Tel Aviv.'
      installation.surroundings.openai.faults.always('transcriptions', { kind: 'text', text })
      const call = await running.placeCall('one')
      await running.settled(call)
      const { stdout } = await calls(call.callSid)
      expect(stdout).to.include('I need a plumber [2J31m in Tel Aviv.')
      expect(stdout).not.to.match(/[^\P{Cc}\n]/u)
    })

    it('fails for a call or a recording that there is not', async () => {
      const running = await installation.start()
      const unknown = await calls(sidOf('CA', 'nobody'))
      expect(unknown).to.include({ exit: 1, stdout: '' })
      expect(unknown.stderr).to.include('error not-found: ').and.include('`aftercall calls` lists')
      const call = await running.placeCall('one')
      expect((await calls(call.callSid, '--recording', sidOf('RE', 'nothing'))).exit).to.equal(1)
    })

    it('refuses a database that is not up to date, and leaves it as it is', async () => {
      const running = await installation.start()
      const { database } = running.app.store
      const last = `SELECT name FROM knex_migrations ORDER BY id DESC LIMIT 1`
      const [removed] = await rowsOf<{ name: string }>(
        database,
        `DELETE FROM knex_migrations WHERE name = (${last}) RETURNING name`,
      )
      try {
        const { exit, stderr } = await calls()
        expect(exit).to.equal(1)
        expect(stderr).to.include('error database-not-migrated: ').and.include('npx knex migrate:latest')
        expect(await running.app.store.pendingMigrations()).to.deep.equal([removed?.name])
      } finally {
        await database.knex('knex_migrations').insert({ name: removed?.name, batch: 1 })
      }
    })
  })
})

describe('aftercall calls, where there is nothing to read', () => {
  const folder = freshFolder()
  const calls = (argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    aftercall(['calls', ...argv], { cwd: folder.path, env })

  it('says how to make the database, and makes none', async () => {
    const { exit, stderr } = await calls()
    expect(exit).to.equal(1)
    expect(stderr).to.include('error database-not-migrated: there is no database').and.include('`aftercall start`')
    expect(existsSync(join(folder.path, 'data'))).to.equal(false)
  })

  it('says that an empty database is none', async () => {
    await mkdir(join(folder.path, 'data'))
    await writeFile(join(folder.path, 'data/aftercall.db'), '')
    expect(await calls()).to.include({ exit: 1, stdout: '' })
  })

  it('says that a file is no database, and that a server is down', async () => {
    await writeFile(join(folder.path, 'text'), 'no database at all, although it is a file that is there'.repeat(99))
    for (const address of ['sqlite:text', 'postgres://nobody@127.0.0.1:9/none']) {
      const { exit, stderr } = await calls([], { DATABASE_URL: address })
      expect(exit).to.equal(1)
      expect(stderr).to.include('error database-unavailable: ')
    }
  })

  it('ends with 2 on malformed SIDs and options, and on options of its other form', async () => {
    const sid = sidOf('CA', 'one')
    for (const argv of [
      ['CA1'],
      [`${sid}0`],
      [sidOf('RE', 'one')],
      ['../../etc/passwd'],
      [sid, '--recording', 'RE1'],
      [sid, '--limit', '3'],
      [sid, '--status', 'failed'],
      ['--recording', sidOf('RE', 'one')],
      ['--limit', '0'],
      ['--limit', '201'],
      ['--limit', 'many'],
      ['--status', 'lost'],
    ]) {
      const { exit, stdout, stderr } = await calls(argv)
      expect({ exit, stdout }, argv.join(' ')).to.deep.equal({ exit: 2, stdout: '' })
      expect(stderr).to.match(/^error: /)
    }
  })
})
