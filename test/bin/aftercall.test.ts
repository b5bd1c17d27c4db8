import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { freshFolder } from '../support/folder.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A Node with type stripping switched off looks to `bin/aftercall.js` as an older one does. */
const OLDER = '--no-strip-types'

describe('bin/aftercall.js', () => {
  const folder = freshFolder()
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** A package with the real bin, and a command line of the given text. */
  async function packageWith(main: string): Promise<string> {
    await mkdir(join(folder.path, 'bin'), { recursive: true })
    await mkdir(join(folder.path, 'core/cli'), { recursive: true })
    await copyFile(join(ROOT, 'bin/aftercall.js'), join(folder.path, 'bin/aftercall.js'))
    await writeFile(join(folder.path, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder.path, 'core/cli/main.ts'), main)
    return join(folder.path, 'bin/aftercall.js')
  }

  async function withOwnNode(binary: string): Promise<void> {
    await mkdir(join(folder.path, 'node_modules/node/bin'), { recursive: true })
    await writeFile(join(folder.path, 'node_modules/node/package.json'), '{"name":"node"}')
    await symlink(binary, join(folder.path, 'node_modules/node/bin/node'))
  }

  function start(argv: readonly string[]) {
    const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'pipe'] })
    children.push(child)
    const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)])
    return { child, ended }
  }

  async function run(argv: readonly string[]) {
    const [[code, signal], stdout, stderr] = await start(argv).ended
    return { code, signal, stdout, stderr }
  }

  it('runs the command line, passes arguments and exit code on, and warns of nothing', async () => {
    const bin = await packageWith(
      'export async function main(argv: string[], io: { stdout: NodeJS.WritableStream }) { io.stdout.write(argv.join()); return 2 }',
    )
    expect(await run([bin, 'a', '--b'])).to.deep.equal({ code: 2, signal: null, stdout: 'a,--b', stderr: '' })
  })

  it('says in one line what to install where this Node is too old and there is no other', async () => {
    const { code, stdout, stderr } = await run([OLDER, await packageWith('')])
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^aftercall needs Node 22\.18 or newer, and this is v\S+: npm install node@24\n$/)
  })

  it('does not start the Node of the package over and over where that one strips no types either', async () => {
    const bin = await packageWith('')
    await withOwnNode(process.execPath)
    expect((await run([OLDER, bin])).stderr).to.include('aftercall needs Node')
  })

  it('runs itself with the Node of the package where this one is too old, and ends as that ends', async () => {
    const bin = await packageWith('')
    const other = join(folder.path, 'other-node')
    await writeFile(other, '#!/bin/sh\ncat\necho "$2" "$3"\nexit 3\n', { mode: 0o755 })
    await withOwnNode(other)
    const { child, ended } = start([OLDER, bin, 'calls', '--json'])
    child.stdin.end('input\n')
    const [[code], stdout] = await ended
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: 'input\ncalls --json\n' })
  })

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    it(`passes ${signal} on to the Node that it has started, and waits for its end`, async () => {
      const bin = await packageWith('')
      const other = join(folder.path, 'other-node')
      // Not a shell script: a shell cannot trap what was ignored when it was started, as SIGINT is in background jobs.
      const drain = `process.on('${signal}', () => { console.log('drained'); process.exit(5) })`
      const text = `#!${process.execPath}\n${drain}\nconsole.log('ready')\nsetInterval(() => {}, 1000)\n`
      await writeFile(other, text, { mode: 0o755 })
      await withOwnNode(other)
      const { child, ended } = start([OLDER, bin])
      await once(child.stdout, 'readable')
      child.kill(signal)
      const [[code], stdout] = await ended
      expect({ code, stdout }).to.deep.equal({ code: 5, stdout: 'ready\ndrained\n' })
    })
  }

  it('dies of the signal that killed the Node that it has started', async () => {
    const bin = await packageWith('')
    const other = join(folder.path, 'other-node')
    await writeFile(other, '#!/bin/sh\nkill -KILL $$\n', { mode: 0o755 })
    await withOwnNode(other)
    expect(await run([OLDER, bin])).to.include({ code: null, signal: 'SIGKILL' })
  })

  it('ends quietly when its reader stops reading', async () => {
    const bin = await packageWith(
      'export async function main(argv: string[], io: { stdout: NodeJS.WritableStream }) { for (;;) { if (!io.stdout.write("line\\n".repeat(1000))) await new Promise((done) => io.stdout.once("drain", done)) } }',
    )
    const child = spawn(process.execPath, [bin], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const ended = Promise.all([once(child, 'exit'), text(child.stderr)])
    await once(child.stdout, 'readable')
    child.stdout.destroy()
    const [[code], stderr] = await ended
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  })
})
