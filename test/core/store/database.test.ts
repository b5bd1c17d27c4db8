import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { openDatabase } from '../../../core/store/database.ts'
import { freshFolder } from '../../support/folder.ts'

describe('openDatabase', () => {
  const folder = freshFolder()

  it('says where the folder of a file cannot be made, and which settings name it', async () => {
    await writeFile(join(folder.path, 'taken'), '')
    const file = join(folder.path, 'taken', 'aftercall.db')
    expect(() => openDatabase({ address: { kind: 'sqlite', file }, migrations: folder.path }))
      .to.throw(`${join(folder.path, 'taken')} cannot hold the database`)
      .that.includes({ code: 'bad-configuration' })
      .and.has.property('remedy')
      .that.includes('DATA_DIR')
  })
})
