import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { DatabaseAddress } from '../../core/store/database.ts'
import { MIGRATIONS } from './stores.ts'

const run = promisify(execFile)

/**
 * Opens a store in a process of its own and does something with it: `script` is the body of a function of `store` and
 * `silentLogger` that returns names.
 */
export async function inProcess(address: DatabaseAddress, script: string): Promise<readonly string[]> {
  const program = `
    const { openStore } = await import(${urlOf('core/store/store.ts')})
    const { silentLogger } = await import(${urlOf('core/contracts/index.ts')})
    const store = openStore(${JSON.stringify({ address, migrations: MIGRATIONS })})
    console.log(JSON.stringify(await (async () => { ${script} })()))
    await store.close()`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program])
  return JSON.parse(stdout)
}

function urlOf(file: string): string {
  return JSON.stringify(pathToFileURL(`${import.meta.dirname}/../../${file}`).href)
}
