/** Audio files, as far as drivers need to look into them without a decoder: `import … from 'aftercall/audio'`. */
export { type ByteSource, bufferSource, withFileSource } from './byte-source.ts'
export { isSilent, type Level, measureLevel } from './level.ts'
export { longestSlice, planSlices, readSlice, type Slice, writeSlice } from './slice.ts'
export { SNIFF_BYTES, type Sniffed, sniff } from './sniff.ts'
export { speakerOfChannel } from './speaker.ts'
export type { WavEncoding, WavFormat } from './wav-format.ts'
export { readWavHeader, type WavHeader } from './wav-reader.ts'
export { wavHeader } from './wav-writer.ts'
