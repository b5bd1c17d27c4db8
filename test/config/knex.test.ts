import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { freshFolder } from '../support/folder.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

describe('npx knex migrate:latest', () => {
  const folder = freshFolder()

  it('makes the database that Aftercall uses, and does nothing the second time', async () => {
    const env = { ...process.env, DATA_DIR: join(folder.path, 'new', 'data'), DATABASE_URL: '' }
    const migrate = () => run('npx', ['knex', 'migrate:latest'], { cwd: ROOT, env })
    expect((await migrate()).stdout).to.match(/Batch 1 run: \d+ migrations/)
    expect(await readdir(join(folder.path, 'new', 'data'))).to.include('aftercall.db')
    expect((await migrate()).stdout).to.include('Already up to date')
  })
})
