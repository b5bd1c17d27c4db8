import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from '../configuration.ts'
import { AftercallError } from '../contracts/errors.ts'
import { systemCode } from '../contracts/system-code.ts'

/**
 * The token of the API: ADMIN_TOKEN, else the one in DATA_DIR/admin-token, which the first start makes (mode 0600).
 * There is no open API.
 */
export async function adminToken({
  adminToken: given,
  dataDir,
}: Configuration): Promise<{ readonly token: string; readonly madeIn: string | undefined }> {
  if (given !== undefined) return { token: given, madeIn: undefined }
  const file = join(dataDir, 'admin-token')
  await mkdir(dataDir, { recursive: true })
  const isMade = await makeToken(file)
  return { token: await readToken(file), madeIn: isMade ? file : undefined }
}

/**
 * False where there is one already. Written elsewhere and linked into its place: of several processes that start at
 * once one makes it and the others read it, and none of them, nor one after a crash, ever sees half of it.
 */
async function makeToken(file: string): Promise<boolean> {
  const written = `${file}.${randomUUID()}`
  try {
    await writeFile(written, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    await link(written, file)
    return true
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return false
  } finally {
    await rm(written, { force: true })
  }
}

async function readToken(file: string): Promise<string> {
  const token = (await readFile(file, 'utf8')).trim()
  if (token !== '') return token
  throw new AftercallError(`${file} is empty`, {
    code: 'bad-configuration',
    remedy: 'Delete it, and the next start makes another; or set ADMIN_TOKEN.',
  })
}
