/** The routes that can be told to misbehave. */
export type Route = 'transcriptions' | 'chat' | 'models'

/** How a route can misbehave. The ones about an answer leave all checks of the request in force. */
export type Fault =
  /** An error status; `retryAfter` becomes the Retry-After header as it is. */
  | { readonly kind: 'status'; readonly status: number; readonly message?: string; readonly retryAfter?: string }
  /** 429 with code `insufficient_quota`: waiting does not help. */
  | { readonly kind: 'insufficient-quota' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection instead of answering. */
  | { readonly kind: 'disconnect' }
  /** Chat: the model refuses to answer. */
  | { readonly kind: 'refusal'; readonly message?: string }
  /** Chat: the answer stops in the middle, `finish_reason: length`. */
  | { readonly kind: 'length' }
  /** Chat: an answer that is no JSON although a schema was given, as compatible servers do at times. */
  | { readonly kind: 'invalid-json' }
  /** Whatever else a model may say: a hallucinated transcript, an answer beside the schema. */
  | { readonly kind: 'text'; readonly text: string }

/** Programs the faults of a running sandbox. */
export interface Faults {
  /** The next `times` requests to the route meet this fault; several calls queue up. */
  next(route: Route, fault: Fault, times?: number): void
  /** Every request meets it, after those programmed by `next`, until `clear`. */
  always(route: Route, fault: Fault): void
  /** Back to good behaviour. */
  clear(): void
}

/** The faults with the side that the server asks. */
export interface FaultBox extends Faults {
  /** The fault that this request meets; each one programmed by `next` is handed out once. */
  take(route: Route): Fault | undefined
}

export function createFaults(): FaultBox {
  const queued = new Map<Route, Fault[]>()
  const standing = new Map<Route, Fault>()
  return {
    next(route, fault, times = 1) {
      const queue = queued.get(route) ?? []
      queued.set(route, [...queue, ...Array.from({ length: times }, () => fault)])
    },
    always(route, fault) {
      standing.set(route, fault)
    },
    clear() {
      queued.clear()
      standing.clear()
    },
    take: (route) => queued.get(route)?.shift() ?? standing.get(route),
  }
}
