import { InvalidArgumentError } from 'commander'

/** A BCP 47 tag, as it is written canonically. */
export function languageTag(given: string): string {
  try {
    const [tag] = Intl.getCanonicalLocales(given)
    if (tag !== undefined) return tag
  } catch {
    // Falls through: it is none.
  }
  throw new InvalidArgumentError('It must be a language, such as he, en-US or he-IL.')
}

export function webhookUrl(given: string): string {
  const url = URL.parse(given)
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (url !== null && isWeb && url.username === '' && url.password === '') return given
  throw new InvalidArgumentError('It must be an address that begins with https:// (or http://), without a password.')
}

/** As Standard Webhooks has it. */
export function webhookSecret(given: string): string {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(given) ?? []
  const { length } = Buffer.from(encoded, 'base64')
  if (length >= 24 && length <= 64) return given
  throw new InvalidArgumentError('It must be whsec_ and 24 to 64 bytes in base64. Leave it out, and one is made.')
}

export function plainText(given: string): string {
  const text = given.replaceAll(/\s+/g, ' ').trim()
  if (text !== '' && !/\p{Cc}|\p{Bidi_Control}/u.test(text)) return text
  throw new InvalidArgumentError('It must be text, and not empty.')
}

type Vocabulary = Readonly<Record<string, string[]>>

/** `city=Haifa,Tel Aviv`; fields that are named twice keep both. */
export function vocabulary(given: string, earlier: Vocabulary | undefined): Vocabulary {
  const [, field, list = ''] = /^([A-Za-z_][\w-]*)=(.+)$/.exec(given) ?? []
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  if (field === undefined || words.length === 0) {
    throw new InvalidArgumentError('It must be a field and its words, as city=Haifa,Jaffa.')
  }
  return { ...earlier, [field]: [...new Set([...(earlier?.[field] ?? []), ...words])] }
}
