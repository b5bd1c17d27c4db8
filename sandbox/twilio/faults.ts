/** The routes that can be told to misbehave. */
export type Route = 'media' | 'delete' | 'list' | 'call' | 'begin' | 'account'

/** How a route can misbehave. The ones about the answer leave the check of credentials in force. */
export type Fault =
  /** An error status with Twilio's body; `retryAfter` becomes the Retry-After header as it is. */
  | { readonly kind: 'status'; readonly status: number; readonly code?: number; readonly retryAfter?: string }
  /** A good answer, so many milliseconds late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection instead of answering. */
  | { readonly kind: 'disconnect' }
  /** Media: so many bytes, and then nothing more. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Media: so many bytes; Content-Length promises the whole (and the connection is cut), just these, or nothing. */
  | { readonly kind: 'truncate'; readonly afterBytes: number; readonly promise: 'whole' | 'part' | 'none' }
  /** Media: the whole, whatever part was asked for. */
  | { readonly kind: 'ignore-range' }
  /** Media: the right bytes under a wrong name. */
  | { readonly kind: 'content-type'; readonly contentType: string }
  /** Media: 200 and audio/x-wav, but the bytes are these. */
  | { readonly kind: 'body'; readonly body: string | Uint8Array }
  /** Media: 404, as right after the callback. */
  | { readonly kind: 'not-ready' }
  /** Media: 307 to the bytes, at this origin or at one that, like S3, refuses an Authorization header. */
  | { readonly kind: 'redirect'; readonly to: 'same-origin' | 'other-origin' }

/** Programs the faults of a running sandbox, for a route or for the media of one recording (its `RE…`). */
export interface Faults {
  /** The next `times` requests meet this fault; several calls queue up. */
  next(target: Route | (string & {}), fault: Fault, times?: number): void
  /** Every request meets it, after those programmed by `next`, until `clear`. */
  always(target: Route | (string & {}), fault: Fault): void
  /** Back to good behaviour. */
  clear(): void
}

/** The faults with the side that the server asks. */
export interface FaultBox extends Faults {
  /** The fault that this request meets: its recording's before its route's. */
  take(route: Route, recordingSid?: string): Fault | undefined
}

export function createFaults(): FaultBox {
  const queued = new Map<string, Fault[]>()
  const standing = new Map<string, Fault>()
  const takeFrom = (target: string) => queued.get(target)?.shift() ?? standing.get(target)
  return {
    next(target, fault, times = 1) {
      queued.set(target, [...(queued.get(target) ?? []), ...Array.from({ length: times }, () => fault)])
    },
    always(target, fault) {
      standing.set(target, fault)
    },
    clear() {
      queued.clear()
      standing.clear()
    },
    take: (route, recordingSid) =>
      (route === 'media' && recordingSid !== undefined ? takeFrom(recordingSid) : undefined) ?? takeFrom(route),
  }
}
