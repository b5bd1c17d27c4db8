import { type TObject, Type } from 'typebox'
import {
  type AnyDriverDefinition,
  defineArtifact,
  defineContract,
  defineDriver,
  extract,
  type OpenedCatalogue,
  recordingStore,
  skip,
  stt,
  summarize,
  summary,
  transcode,
  transcript,
  webhook,
} from '../../../core/contracts/index.ts'
import { type LoadedPipeline, loadPipeline } from '../../../core/pipeline/load.ts'

const closed = { additionalProperties: false } as const
const none = Type.Object({}, closed)
const never = async (): Promise<never> => {
  throw new Error('planning runs no driver')
}

export const sentiment = defineArtifact('sentiment', Type.Object({ score: Type.Number() }, closed))

const redact = defineContract({ stage: 'redact', consumes: [transcript], produces: transcript })
const feel = defineContract({ stage: 'feel', consumes: [transcript], optional: [summary], produces: sentiment })
const rung = defineArtifact('rung', Type.Object({}, closed))
const alarm = defineContract({ stage: 'alarm', consumes: [sentiment], produces: rung, final: true })
const hearing = defineContract({
  stage: 'hearing',
  consumes: [rung],
  produces: defineArtifact('heard', Type.Object({}, closed)),
})

/** A driver of the stage stt with the given options. */
export function sttDriver(options: TObject): AnyDriverDefinition {
  return defineDriver(stt, { options, create: () => ({ run: never }) })
}

/** A driver of the stage recording-store without options. */
export const storeDriver: AnyDriverDefinition = defineDriver(recordingStore, {
  options: none,
  create: () => ({ run: never, open: never, delete: never }),
})

/** Drivers of all kinds of stages, which cannot run; `stage/use`. */
export const DRIVERS: Readonly<Record<string, AnyDriverDefinition>> = {
  'recording-store/filesystem': storeDriver,
  'transcode/ffmpeg': defineDriver(transcode, { options: none, create: () => ({ run: never }) }),
  'transcode/passthrough': defineDriver(transcode, { options: none, create: () => ({ run: never }) }),
  'stt/openai': sttDriver(
    Type.Object(
      {
        apiKey: Type.String({ default: '${OPENAI_API_KEY:-}' }),
        model: Type.String({ default: 'gpt-transcribe' }),
        language: Type.Optional(Type.String()),
        slice: Type.Integer({ default: 1200, minimum: 1 }),
        prompt: Type.Optional(Type.String({ format: 'path' })),
        mode: Type.Union([Type.Literal('fast'), Type.Literal('exact')], { default: 'fast' }),
        limit: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
      },
      closed,
    ),
  ),
  'summarize/openai': defineDriver(summarize, { options: none, create: () => ({ run: never }) }),
  'extract/openai': defineDriver(extract, {
    options: Type.Object(
      {
        fields: Type.Record(
          Type.String(),
          Type.Object({ description: Type.String(), vocabulary: Type.Optional(Type.Array(Type.String())) }, closed),
        ),
      },
      closed,
    ),
    create: () => ({ run: never }),
  }),
  'webhook/http': defineDriver(webhook, {
    options: Type.Object({ url: Type.String({ default: '' }), secret: Type.String({ default: '' }) }, closed),
    create: () => ({ run: async () => skip('planning only') }),
  }),
  'redact/patterns': defineDriver(redact, { options: none, create: () => ({ run: never }) }),
  'feel/words': defineDriver(feel, { options: none, create: () => ({ run: never }) }),
  'hearing/ear': defineDriver(hearing, { options: none, create: () => ({ run: never }) }),
  'alarm/bell': defineDriver(alarm, { options: none, create: () => ({ run: never }) }),
}

/** A catalogue of drivers that lie in no file. */
export function catalogueOf(drivers: Readonly<Record<string, AnyDriverDefinition>>): OpenedCatalogue {
  const names = Object.keys(drivers)
    .sort()
    .map((name) => {
      const [stage = '', use = ''] = name.split('/')
      return { stage, use, file: `/plugins/${name}.ts` }
    })
  return {
    faults: [],
    names: async () => names,
    async find(stage, use) {
      const own = names.filter((name) => name.stage === stage)
      if (own.length === 0) return { kind: 'unknown-stage', stages: [...new Set(names.map((name) => name.stage))] }
      const found = own.find((name) => name.use === use)
      const definition = drivers[`${stage}/${use}`]
      if (found === undefined || definition === undefined) {
        return { kind: 'unknown-driver', drivers: own.map((name) => name.use) }
      }
      return { ...found, definition }
    },
  }
}

export interface Given {
  readonly environment?: Readonly<Record<string, string>>
  readonly drivers?: Readonly<Record<string, AnyDriverDefinition>>
  /** What is wrong with the plugins. */
  readonly plugins?: OpenedCatalogue['faults']
}

/** Loads a pipeline that lies in /etc/aftercall, with the drivers above and more. */
export function load(
  text: string,
  { environment = {}, drivers = {}, plugins = [] }: Given = {},
): Promise<LoadedPipeline> {
  return loadPipeline({
    text,
    file: '/etc/aftercall/pipeline.yaml',
    environment,
    openCatalogue: async () => ({ ...catalogueOf({ ...DRIVERS, ...drivers }), faults: plugins }),
  })
}
