import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfiguration } from '../../../config/environment.ts'
import { adminToken } from '../../../core/cli/admin-token.ts'
import { freshFolder } from '../../support/folder.ts'
import { rejection } from '../../support/rejection.ts'

describe('the token of the API', () => {
  const folder = freshFolder()
  const configuration = (variables = {}) =>
    readConfiguration({ cwd: folder.path, variables: { DATA_DIR: folder.path, ...variables } })

  it('is ADMIN_TOKEN where that is set, and no file is made', async () => {
    const token = 'a-token-of-the-owner'
    expect(await adminToken(configuration({ ADMIN_TOKEN: token }))).to.deep.equal({ token, madeIn: undefined })
    expect(await readdir(folder.path)).to.deep.equal([])
  })

  it('is made once, readable by its owner only, also when several start at once', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => adminToken(configuration())))
    expect(new Set(made.map(({ token }) => token)).size).to.equal(1)
    expect(made.filter(({ madeIn }) => madeIn !== undefined)).to.have.length(1)
    expect(await readdir(folder.path)).to.deep.equal(['admin-token'])
    const file = join(folder.path, 'admin-token')
    expect((await stat(file)).mode & 0o777).to.equal(0o600)
    expect((await readFile(file, 'utf8')).trim())
      .to.equal(made[0]?.token)
      .and.have.length.above(40)
  })

  it('is never an empty file, which would lock everybody out without a word', async () => {
    await writeFile(join(folder.path, 'admin-token'), '\n')
    expect(await rejection(adminToken(configuration()))).to.include({ code: 'bad-configuration' })
  })
})
