import { defineArtifact, Type } from 'aftercall'

export const mood = defineArtifact('mood', Type.Object({ score: Type.Number() }), {
  // expected error: has no properties in common with type 'CallColumns'
  columns: (value) => ({ mood: value.score }),
})
