import { v7 as uuid } from 'uuid'
import { AftercallError } from '../contracts/index.ts'
import { type BusinessSettings, businessSettings } from './business-settings.ts'
import { now } from './clock.ts'
import { type Database, rowsOf } from './database.ts'
import { jsonText } from './rows.ts'

/** A business as it is added: checked, its numbers in E.164. */
export interface NewBusiness {
  readonly name: string
  readonly phones: readonly string[]
  /** BCP 47. */
  readonly language: string | null
  readonly webhookUrl: string | null
  /** whsec_… */
  readonly webhookSecret: string | null
  readonly settings: BusinessSettings
}

/** A business as it is shown: with its calls, and without its secret. */
export interface ListedBusiness extends Omit<NewBusiness, 'webhookSecret'> {
  readonly id: string
  readonly hasSecret: boolean
  readonly calls: number
}

/**
 * Adds a business; returns its id. Calls that came before stay unassigned. Throws `conflict` where the name is taken,
 * or a number belongs to another business.
 */
export function addBusiness(database: Database, business: NewBusiness): Promise<string> {
  const { name, phones, language, webhookUrl, webhookSecret, settings } = business
  return database.knex.transaction(async (transaction) => {
    const stamp = now(database)
    const id = uuid()
    await rowsOf(
      database,
      `INSERT INTO business (id, name, language, webhook_url, webhook_secret, settings, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ${stamp}, ${stamp})`,
      [id, name, language, webhookUrl, webhookSecret, jsonText(settings)],
      transaction,
    )
    const named = await rowsOf(database, 'SELECT id FROM business WHERE name = ?', [name], transaction)
    if (named.length > 1) {
      throw new AftercallError(`there is a business ${name} already`, {
        code: 'conflict',
        remedy: 'Choose another name, or remove that one first: `aftercall business list` shows it.',
      })
    }
    for (const phone of phones) {
      const rows = await rowsOf(
        database,
        `INSERT INTO business_phone (business_id, phone_e164) VALUES (?, ?)
         ON CONFLICT (phone_e164) DO NOTHING RETURNING phone_e164`,
        [id, phone],
        transaction,
      )
      if (rows.length === 0) throw await belongsToAnother(database, phone, transaction)
    }
    return id
  })
}

async function belongsToAnother(
  database: Database,
  phone: string,
  transaction: Parameters<typeof rowsOf>[3],
): Promise<AftercallError> {
  const [other] = await rowsOf<{ name: string }>(
    database,
    `SELECT business.name FROM business_phone JOIN business ON business.id = business_phone.business_id
     WHERE business_phone.phone_e164 = ?`,
    [phone],
    transaction,
  )
  return new AftercallError(`${phone} belongs to ${other?.name ?? 'another business'} already`, {
    code: 'conflict',
    remedy: 'A number has one business: correct it, or remove the other business first.',
  })
}

/** In the order of their names. */
export async function listBusinesses(database: Database): Promise<readonly ListedBusiness[]> {
  const rows = await rowsOf<{
    id: string
    name: string
    language: string | null
    webhook_url: string | null
    webhook_secret: string | null
    settings: unknown
    calls: number | string
  }>(
    database,
    `SELECT business.*, (SELECT COUNT(*) FROM call_log WHERE call_log.business_id = business.id) AS calls
     FROM business ORDER BY name, id`,
  )
  const phones = await rowsOf<{ business_id: string; phone_e164: string }>(
    database,
    'SELECT business_id, phone_e164 FROM business_phone ORDER BY phone_e164',
  )
  return rows.map(({ id, name, language, webhook_url, webhook_secret, settings, calls }) => ({
    id,
    name,
    phones: phones.filter(({ business_id }) => business_id === id).map(({ phone_e164 }) => phone_e164),
    language,
    webhookUrl: webhook_url,
    hasSecret: webhook_secret !== null,
    settings: businessSettings(settings),
    calls: Number(calls),
  }))
}

/** Removes a business. Its calls stay, and are nobody's from then on. False where there is none. */
export async function removeBusiness(database: Database, id: string): Promise<boolean> {
  const rows = await rowsOf(database, 'DELETE FROM business WHERE id = ? RETURNING id', [id])
  return rows.length > 0
}
