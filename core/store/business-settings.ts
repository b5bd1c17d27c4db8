import { parseJson } from './rows.ts'

/** What the column `business.settings` holds. */
export interface BusinessSettings {
  /** E.164: where its calls are put through to. */
  readonly forwardTo: string | null
  /** What callers hear first, instead of the announcement of pipeline.yaml. */
  readonly announcement: string | null
  /** Further words per extracted field. */
  readonly vocabulary: Readonly<Record<string, string[]>>
}

/** Reads the column. What is not of the known shape counts as not there: nobody's call fails for it. */
export function businessSettings(value: unknown): BusinessSettings {
  const parsed = parseJson(value)
  const settings: object = typeof parsed === 'object' && parsed !== null ? parsed : {}
  return {
    forwardTo: 'forwardTo' in settings && typeof settings.forwardTo === 'string' ? settings.forwardTo : null,
    announcement:
      'announcement' in settings && typeof settings.announcement === 'string' ? settings.announcement : null,
    vocabulary: 'vocabulary' in settings ? vocabularyOf(settings.vocabulary) : {},
  }
}

function vocabularyOf(vocabulary: unknown): Record<string, string[]> {
  if (typeof vocabulary !== 'object' || vocabulary === null) return {}
  return Object.fromEntries(
    Object.entries(vocabulary).map(([field, words]: [string, unknown]) => [
      field,
      Array.isArray(words) ? words.filter((word) => typeof word === 'string') : [],
    ]),
  )
}
