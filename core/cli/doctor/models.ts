import { type Finding, fail, failed, ok, warn } from './finding.ts'
import { probe } from './probe.ts'

/** A model that the pipeline uses, and the server it is at. */
export interface ConfiguredModel {
  readonly model: string
  readonly apiKey: string
  /** Empty: OpenAI itself. */
  readonly baseUrl: string
}

const OPENAI = 'https://api.openai.com/v1'
const KEY_REMEDY = 'Put OPENAI_API_KEY into .env.'
/** When a shutdown is near enough to do something about it, days. */
const NOTICE_DAYS = 120
const DAY_MS = 86_400_000

/** Whether each server has the models that the pipeline uses, and until when. */
export async function checkModels(models: readonly ConfiguredModel[], now: Date): Promise<readonly Finding[]> {
  const servers = Map.groupBy(models, ({ apiKey, baseUrl }) => JSON.stringify([apiKey, baseUrl]))
  const findings = await Promise.all([...servers.values()].map((group) => checkServer(group, now)))
  return findings.flat()
}

async function checkServer(models: readonly ConfiguredModel[], now: Date): Promise<readonly Finding[]> {
  const [first] = models
  // Without a key and a server of its own the driver has said already what is missing.
  if (first === undefined || (first.apiKey === '' && first.baseUrl === '')) return []
  const url = `${(first.baseUrl || OPENAI).replace(/\/+$/, '')}/models`
  try {
    const response = await probe(url, first.apiKey === '' ? {} : { authorization: `Bearer ${first.apiKey}` })
    if (response.status === 401 || response.status === 403) {
      return [fail('openai', `the key is refused (HTTP ${response.status})`, KEY_REMEDY)]
    }
    if (!response.ok) return [fail('openai', `${url} answers HTTP ${response.status}`, 'Check OPENAI_BASE_URL.')]
    const known = shutdownDates(await response.json())
    const names = new Set(models.map(({ model }) => model))
    return [...names].map((name) => checkModel(name, known, now))
  } catch (error) {
    return [failed('openai', error, 'Check the network, and OPENAI_BASE_URL where it is set.')]
  }
}

function checkModel(name: string, known: ReadonlyMap<string, Date | undefined>, now: Date): Finding {
  const check = `model ${name}`
  const replace =
    'Set another `model:` for its stage in pipeline.yaml; https://platform.openai.com/docs/deprecations names replacements.'
  if (!known.has(name)) return warn(check, 'the server does not list it', replace)
  const end = known.get(name)
  if (end === undefined) return ok(check, 'available, and no shutdown is announced')
  const day = end.toISOString().slice(0, 10)
  if (end <= now) return fail(check, `was shut down on ${day}`, replace)
  const days = Math.ceil((end.getTime() - now.getTime()) / DAY_MS)
  if (days <= NOTICE_DAYS) return warn(check, `is shut down on ${day}, in ${days} days`, replace)
  return ok(check, `available until ${day}`)
}

/** The models of an answer of `GET /v1/models`, with their `shutdown_date`: a date, seconds since 1970, or nothing. */
function shutdownDates(answer: unknown): ReadonlyMap<string, Date | undefined> {
  const dates = new Map<string, Date | undefined>()
  if (typeof answer !== 'object' || answer === null || !('data' in answer) || !Array.isArray(answer.data)) {
    throw new Error('what answers is no OpenAI API: its list of models has no "data"')
  }
  const models: readonly unknown[] = answer.data
  for (const model of models) {
    if (typeof model !== 'object' || model === null || !('id' in model) || typeof model.id !== 'string') continue
    dates.set(model.id, 'shutdown_date' in model ? dateOf(model.shutdown_date) : undefined)
  }
  return dates
}

function dateOf(given: unknown): Date | undefined {
  if (typeof given !== 'string' && typeof given !== 'number') return undefined
  const date = new Date(typeof given === 'number' ? given * 1_000 : given)
  return Number.isNaN(date.getTime()) ? undefined : date
}
