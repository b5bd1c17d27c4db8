import { type Static, Type } from 'typebox'
import { defineArtifact } from '../artifact.ts'

const recordingSchema = Type.Object(
  {
    store: Type.String({ description: 'name of the driver that keeps it, e.g. filesystem' }),
    key: Type.String({ description: 'where that driver finds it again; means nothing to others' }),
    url: Type.String({ description: 'where a person finds it; becomes recording_url' }),
    mediaType: Type.String({ description: 'e.g. audio/wav' }),
    extension: Type.String({ description: 'with its dot, e.g. .wav' }),
    bytes: Type.Union([Type.Integer(), Type.Null()]),
    sha256: Type.Union([Type.String(), Type.Null()], { description: 'of the bytes, in hex' }),
    durationSec: Type.Union([Type.Number(), Type.Null()]),
    channels: Type.Union([Type.Integer(), Type.Null()]),
  },
  { additionalProperties: false },
)

/** A recording that has been stored, or that stays where it is and can be fetched again. */
export const recording = defineArtifact('recording', recordingSchema, {
  columns: (value) => ({
    recording_url: value.url,
    ...(value.durationSec === null ? {} : { recording_duration_sec: value.durationSec }),
    ...(value.channels === null ? {} : { recording_channels: value.channels }),
  }),
})

export type Recording = Static<typeof recordingSchema>
