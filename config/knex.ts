import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { knexSettings } from '../core/store/database.ts'
import { readConfiguration } from './environment.ts'

/** Settings for `npx knex …`, which reads them through `knexfile.js` in the root. Aftercall itself migrates at its start. */
const { database } = readConfiguration({ cwd: process.cwd(), variables: process.env })

if (database.kind === 'sqlite' && database.file !== ':memory:') mkdirSync(dirname(database.file), { recursive: true })

export default knexSettings({ address: database, migrations: join(import.meta.dirname, '../migrations') })
