import { join } from 'node:path'

/** Drivers that are there for tests: trapped, faulty, deadly. */
export const TEST_PLUGINS = join(import.meta.dirname, 'plugins')

export type StageName = 'recording-store' | 'transcode' | 'stt' | 'summarize' | 'extract' | 'webhook'

/** A stage as it stands in pipeline.yaml, without its `stage:`. */
export type StageLines = Readonly<Record<string, unknown>>

/** Short enough for tests, long enough to be a wait. */
export const QUICK_RETRY = { attempts: 4, delay: '30ms', maxDelay: '60ms' }

const FIELDS = {
  city: { description: 'Where the service is needed', vocabulary: ['Tel Aviv', 'Haifa'], open: true },
  service: { description: 'What the caller needs', vocabulary: ['plumber', 'electrician'] },
}

const STAGES: Readonly<Record<StageName, StageLines>> = {
  'recording-store': { use: 'filesystem' },
  transcode: { use: 'ffmpeg' },
  stt: { use: 'openai' },
  summarize: { use: 'openai' },
  extract: { use: 'openai', with: { fields: FIELDS } },
  webhook: { use: 'http', with: { url: '${WEBHOOK_URL:-}', secret: '${WEBHOOK_SECRET:-}' } },
}

/**
 * The text of a pipeline.yaml with the six standard stages, quick retries, and some lines of some stages changed. JSON
 * is YAML.
 */
export function pipeline(changes: Partial<Record<StageName, StageLines>> = {}): string {
  const stages = Object.entries(STAGES).map(([stage, lines]) => ({
    stage,
    retry: QUICK_RETRY,
    ...lines,
    ...changes[stage as StageName],
  }))
  return JSON.stringify({ version: 1, plugins: [TEST_PLUGINS], stages }, null, 2)
}
