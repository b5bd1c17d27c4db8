/** What the first bytes of a file say that it is. */
export type Sniffed =
  | { readonly kind: 'audio'; readonly mediaType: string /** With its dot. */; readonly extension: string }
  | { readonly kind: 'other' /** For a person: `XML`, `HTML`, `nothing at all`. */; readonly what: string }

/** How many bytes from the beginning `sniff` wants to see. */
export const SNIFF_BYTES = 512

/**
 * Recognises audio by its magic bytes, never by name or by what a server claims: Twilio's 404 body has been stored as
 * audio before. Containers that may also hold video (MP4, WebM) count as audio.
 */
export function sniff(head: Uint8Array): Sniffed {
  const bytes = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, SNIFF_BYTES))
  const at = (start: number, magic: string) => bytes.toString('latin1', start, start + magic.length) === magic
  if (at(0, 'RIFF') && at(8, 'WAVE')) return audio('audio/wav', '.wav')
  if (at(0, 'OggS')) return audio('audio/ogg', '.ogg')
  if (at(0, 'fLaC')) return audio('audio/flac', '.flac')
  if (at(0, '\x1a\x45\xdf\xa3')) return audio('audio/webm', '.webm')
  if (at(4, 'ftyp')) return audio('audio/mp4', at(8, 'M4A') ? '.m4a' : '.mp4')
  if (at(0, 'ID3') || isMp3Frame(bytes)) return audio('audio/mpeg', '.mp3')
  return { kind: 'other', what: describe(bytes) }
}

function audio(mediaType: string, extension: string): Sniffed {
  return { kind: 'audio', mediaType, extension }
}

/** Eleven set bits, then version, layer, bit rate and sample rate, none of which may have its reserved value. */
function isMp3Frame(bytes: Buffer): boolean {
  const [first = 0, second = 0, third = 0] = bytes
  const synchronised = first === 0xff && (second & 0xe0) === 0xe0
  const version = (second >> 3) & 3
  const layer = (second >> 1) & 3
  const bitRate = third >> 4
  const sampleRate = (third >> 2) & 3
  return synchronised && version !== 1 && layer !== 0 && bitRate !== 0 && bitRate !== 15 && sampleRate !== 3
}

const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^<(!doctype html|html|head|body)/i, 'HTML'],
  [/^</, 'XML'],
  [/^[[{]/, 'JSON'],
  [/^#EXT/, 'a playlist'],
  [/^ffconcat/, 'a playlist'],
]

function describe(bytes: Buffer): string {
  if (bytes.length === 0) return 'nothing at all'
  const text = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  return TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'no audio format that is known here'
}
