import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Configuration } from '../configuration.ts'
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
  const token = randomBytes(32).toString('base64url')
  await mkdir(dataDir, { recursive: true })
  try {
    // Exclusive: of two processes that start at once, one makes it and the other reads it.
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' })
    return { token, madeIn: file }
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return { token: (await readFile(file, 'utf8')).trim(), madeIn: undefined }
  }
}
