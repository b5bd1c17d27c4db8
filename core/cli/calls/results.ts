import { Ajv } from 'ajv'
import type { CallView } from '../../api/call-view.ts'
import {
  type Fields,
  fields,
  plainValues,
  type Summary,
  summary,
  type Transcript,
  transcript,
} from '../../contracts/index.ts'

/** What came of a call. */
export interface Results {
  readonly fields: Readonly<Record<string, unknown>>
  readonly summary: string | null
  readonly transcript: string | null
  /** Artifacts that no column holds, of stages that plugins brought, by name. */
  readonly others: Readonly<Record<string, unknown>>
}

/** Shown by the stages, by the columns, or of no use to a person: file names, answers of endpoints. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  'recording',
  'audio',
  'receipt',
  fields.name,
  summary.name,
  transcript.name,
])

const ajv = new Ajv({ strict: true })
const isFields = ajv.compile<Fields>(fields.schema)
const isSummary = ajv.compile<Summary>(summary.schema)
const isTranscript = ajv.compile<Transcript>(transcript.schema)

/** The call's columns hold the results of its current recording only; of another, its run's artifacts tell. */
export function resultsOf({ call, artifacts }: CallView, source: 'of the call' | 'of the run'): Results {
  const others = Object.fromEntries(Object.entries(artifacts).filter(([name]) => !NOT_SHOWN.has(name)))
  if (source === 'of the call') {
    const { extraction, summary, final_transcript } = call
    return { fields: isRecord(extraction) ? extraction : {}, summary, transcript: final_transcript, others }
  }
  const found = {
    fields: artifacts[fields.name],
    summary: artifacts[summary.name],
    transcript: artifacts[transcript.name],
  }
  return {
    fields: isFields(found.fields) ? plainValues(found.fields) : {},
    summary: isSummary(found.summary) ? found.summary.text : null,
    transcript: isTranscript(found.transcript) ? found.transcript.text : null,
    others,
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
