import type { Configuration } from '../configuration.ts'
import type { GuardedFetch } from '../contracts/index.ts'
import { type GuardedFetchService, guardedFetch } from '../outbound/index.ts'
import type { Plan } from '../pipeline/plan.ts'

/**
 * The guarded requests of this process. Every plan trusts what its own variables name: the one in force may not name
 * what an earlier run needs.
 */
export class Outbound {
  readonly #configuration: Pick<Configuration, 'environment' | 'outboundAllow'>
  readonly #fetches = new Map<string, GuardedFetchService>()

  constructor(configuration: Pick<Configuration, 'environment' | 'outboundAllow'>) {
    this.#configuration = configuration
  }

  forPlan(plan: Plan): GuardedFetch {
    const known = this.#fetches.get(plan.hash)
    if (known !== undefined) return known
    const { environment, outboundAllow: allow } = this.#configuration
    const fetch = guardedFetch({ allow, trustedOrigins: trustedOrigins(environment, plan) })
    this.#fetches.set(plan.hash, fetch)
    return fetch
  }

  /** Cuts the connections that are open. */
  async close(): Promise<void> {
    await Promise.all([...this.#fetches.values()].map((fetch) => fetch.close()))
  }
}

/**
 * Origins that the owner named in the environment, for Twilio, for a model server, or through a variable of the
 * pipeline: reached although they may be private. Nobody else can put an address there.
 */
function trustedOrigins(environment: Configuration['environment'], plan: Plan): readonly string[] {
  const inPipeline = JSON.stringify(plan.spec).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)
  const names = ['TWILIO_API_URL', 'OPENAI_BASE_URL', ...[...inPipeline].map(([, name]) => name ?? '')]
  return names.flatMap((name) => {
    const url = URL.parse(environment[name] ?? '')
    return url?.protocol === 'http:' || url?.protocol === 'https:' ? [url.origin] : []
  })
}
