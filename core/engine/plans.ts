import { AftercallError, thrownMessage } from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'
import type { Store } from '../store/store.ts'
import type { OpenPlan } from './open-plan.ts'

/** How a kept spec becomes a plan, and a plan gets its drivers: the composition's business. */
export interface PlanLoader {
  /** Throws `plan-unloadable`. */
  load(spec: unknown): Promise<Plan>
  open(plan: Plan): OpenPlan
}

/** The plans at work in this process, each opened once: the one in force, and those that earlier runs began with. */
export class Plans {
  readonly #store: Store
  readonly #loader: PlanLoader
  readonly #open = new Map<string, Promise<OpenPlan>>()

  constructor(store: Store, loader: PlanLoader) {
    this.#store = store
    this.#loader = loader
  }

  /** Makes a plan known that is loaded already. */
  use(plan: Plan): OpenPlan {
    const open = this.#loader.open(plan)
    this.#open.set(plan.hash, Promise.resolve(open))
    return open
  }

  /** The plan that a run began with. Throws `plan-unloadable`, or what the database throws. */
  get(hash: string): Promise<OpenPlan> {
    const known = this.#open.get(hash)
    if (known !== undefined) return known
    const loading = this.#load(hash)
    this.#open.set(hash, loading)
    // Not kept when it fails: the plugin or the variable that was missing may be there next time.
    loading.catch(() => this.#open.delete(hash))
    return loading
  }

  async #load(hash: string): Promise<OpenPlan> {
    const spec = await this.#store.planSpec(hash)
    if (spec === undefined) throw new AftercallError(`there is no plan ${hash}`, { code: 'plan-unloadable' })
    return this.#loader.open(await this.#loader.load(spec))
  }

  /** Closes the drivers of every plan. Throws the first failure, after all have been closed. */
  async close(): Promise<void> {
    const plans = await Promise.allSettled([...this.#open.values()])
    const closed = await Promise.allSettled(
      plans.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)),
    )
    const failures = closed.filter((result) => result.status === 'rejected').map(({ reason }) => thrownMessage(reason))
    if (failures.length > 0) throw new Error(failures.join('; '))
  }
}
