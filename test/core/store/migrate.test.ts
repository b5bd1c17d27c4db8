import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import { silentLogger } from '../../../core/contracts/index.ts'
import { openStore, type Store } from '../../../core/store/store.ts'
import { rejection } from '../../support/rejection.ts'
import { inProcess } from '../../support/store-process.ts'
import { MIGRATIONS, onEachDatabase } from '../../support/stores.ts'

/** Without their extensions. */
const NAMES = readdirSync(MIGRATIONS)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace('.ts', ''))
  .sort()

describe('migrate', () => {
  onEachDatabase((given) => {
    let store: Store

    beforeEach(async () => {
      store = openStore({ address: given.address, migrations: MIGRATIONS })
    })
    afterEach(async () => {
      await store.database.knex.migrate.rollback(undefined, true)
      await store.close()
    })

    it('runs every migration once, whatever the number of starts', async () => {
      expect(await store.migrate(silentLogger)).to.deep.equal(NAMES)
      expect(await store.migrate(silentLogger)).to.deep.equal([])
      expect(await store.pendingMigrations()).to.deep.equal([])
    })

    it('undoes them all, and can run them again', async () => {
      await store.migrate(silentLogger)
      await store.database.knex.migrate.rollback(undefined, true)
      expect(await store.database.knex.schema.hasTable('call_log')).to.equal(false)
      expect(await store.pendingMigrations()).to.deep.equal(NAMES)
      expect(await store.migrate(silentLogger)).to.deep.equal(NAMES)
    })

    it('is done once when processes start together', async () => {
      const migrated = await Promise.all(
        [1, 2, 3].map(() => inProcess(given.address, 'return store.migrate(silentLogger)')),
      )
      expect(migrated.flat().sort()).to.deep.equal(NAMES)
    })

    it('keeps migrations under names without an extension, so that .ts and .js are one', async () => {
      await store.migrate(silentLogger)
      const rows: { name: string }[] = await store.database.knex('knex_migrations').select('name').orderBy('id')
      expect(rows.map(({ name }) => name)).to.deep.equal(NAMES)
    })
  })

  it('says that the database does not answer', async () => {
    const store = openStore({
      address: { kind: 'postgres', url: 'postgres://nobody@127.0.0.1:9/none' },
      migrations: MIGRATIONS,
    })
    expect(await rejection(store.check())).to.include({ code: 'database-unavailable' })
    await store.close()
  })
})
