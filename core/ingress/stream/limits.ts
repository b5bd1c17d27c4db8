/** What one party on the other end of a socket may cost us. Milliseconds, bytes and counts. */
export interface StreamLimits {
  /** Sockets at a time; each is a call that goes on now. */
  readonly sockets: number
  /** From the handshake to `start`, which Twilio sends at once. */
  readonly startMs: number
  /** Between two messages; Twilio sends media every 20 ms, silence included. */
  readonly idleMs: number
  /** One message. Twilio's media messages have some 300 bytes. */
  readonly messageBytes: number
  /** Audio of one stream. What a track may take on disk is this, at 8,000 bytes a second. */
  readonly durationMs: number
  /** The longest gap that is filled with silence: what claims to lie further ahead is forged. */
  readonly gapMs: number
  /** Audio that may wait for the disk before the socket is paused. */
  readonly bufferedBytes: number
  /** Streams with less audio are dropped. */
  readonly shortestMs: number
  /** Files that nobody has touched for so long belong to nobody. Far above `idleMs`. */
  readonly abandonedMs: number
  /** How often to look for what crashes have left behind. */
  readonly recoverMs: number
  /** For the closing handshake; then the connection is cut. */
  readonly closeMs: number
}

export const STREAM_LIMITS: StreamLimits = {
  sockets: 500,
  startMs: 10_000,
  idleMs: 60_000,
  messageBytes: 64 * 1024,
  // Twilio ends calls after four hours, unless told otherwise.
  durationMs: 4 * 3_600_000,
  gapMs: 5 * 60_000,
  bufferedBytes: 256 * 1024,
  shortestMs: 1_000,
  abandonedMs: 600_000,
  recoverMs: 60_000,
  closeMs: 2_000,
}
