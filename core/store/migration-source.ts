import { readdir } from 'node:fs/promises'
import { extname, join, parse } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Knex } from 'knex'

/** An object, because `npx knex migrate:status` shows its `file`. */
export interface MigrationFile {
  readonly file: string
}

/**
 * The migrations in a folder, in the order of their names. Knex records a migration by its name, so the name has no
 * extension: `.ts` in the repository and `.js` in the package are one migration.
 */
export function migrationSource(folder: string): Knex.MigrationSource<MigrationFile> {
  return {
    async getMigrations() {
      const files = await readdir(folder)
      return files
        .filter(isMigration)
        .sort()
        .map((file) => ({ file }))
    },
    getMigrationName: ({ file }) => parse(file).name,
    async getMigration({ file }) {
      const loaded: unknown = await import(pathToFileURL(join(folder, file)).href)
      if (hasUp(loaded)) return loaded
      throw new TypeError(`the migration ${join(folder, file)} exports no function "up"`)
    },
  }
}

/** Whichever of the two this runs from is what the migrations are written in. */
const EXTENSION = extname(import.meta.filename)

function isMigration(file: string): boolean {
  return extname(file) === EXTENSION && !file.endsWith(`.d${EXTENSION}`)
}

function hasUp(loaded: unknown): loaded is Knex.Migration {
  return typeof loaded === 'object' && loaded !== null && 'up' in loaded && typeof loaded.up === 'function'
}
