import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { freshFolder } from '../support/folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const OBSERVER = join(import.meta.dirname, 'loaded-modules.ts')

/** What makes a start slow. Time itself is not tested: it is the machine's as much as ours. */
const HEAVY = [
  'better-sqlite3',
  'fluent-ffmpeg',
  'knex',
  'koa',
  'libphonenumber-js',
  'openai',
  'pg',
  'pino',
  'twilio',
  'undici',
]

describe('the start of a command', () => {
  const folder = freshFolder()

  async function loadedBy(...argv: readonly string[]): Promise<readonly string[]> {
    const child = spawn(process.execPath, ['--import', OBSERVER, join(ROOT, 'bin/aftercall.js'), ...argv], {
      cwd: folder.path,
      env: { PIPELINE: join(ROOT, 'pipeline.yaml') },
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    })
    const [urls, [code]] = await Promise.all([text(child.stdio[3] as Readable), once(child, 'exit')])
    expect(code).to.equal(0)
    return urls.trim().split('\n')
  }

  function packagesAmong(urls: readonly string[]): readonly string[] {
    const names = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])
    return [...new Set(names)].sort()
  }

  it('loads nothing of what only running a pipeline needs, to validate it', async () => {
    const urls = await loadedBy('validate')
    expect(packagesAmong(urls)).to.include('yaml')
    expect(packagesAmong(urls).filter((name) => HEAVY.includes(name))).to.deep.equal([])
  })

  it('loads the drivers that the pipeline uses, and no others', async () => {
    const urls = await loadedBy('validate')
    const drivers = urls.flatMap((url) => /\/plugins\/([a-z-]+\/[a-z-]+)\.ts$/.exec(url)?.[1] ?? [])
    expect([...new Set(drivers)].sort()).to.deep.equal([
      'extract/openai',
      'recording-store/filesystem',
      'stt/openai',
      'summarize/openai',
      'transcode/ffmpeg',
      'transcode/passthrough',
      'webhook/http',
    ])
  })

  it('loads no command, and of packages only the one that reads command lines, for the help', async () => {
    const urls = await loadedBy('--help')
    expect(packagesAmong(urls)).to.deep.equal(['commander'])
    expect(urls.filter((url) => url.endsWith('/core/cli/validate.ts'))).to.deep.equal([])
  })
})
