/** What media streams carry: one byte a sample, 8,000 samples a second, one channel. */
export const BYTES_PER_MS = 8

/** Silence in µ-law (G.711): positive zero. A zero byte would be the loudest negative sample. */
export const SILENCE = 0xff
