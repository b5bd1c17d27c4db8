import { createDriver } from '../contracts/erased.ts'
import {
  type Logger,
  type Media,
  type OpenDriver,
  PermanentError,
  type Recording,
  type Services,
} from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'

/** A plan with its drivers at work. Drivers are made when they are first needed, once, and used by many attempts. */
export class OpenPlan {
  readonly plan: Plan
  readonly media: Media
  readonly #services: Omit<Services, 'media' | 'logger'>
  readonly #logger: Logger
  readonly #open = new Map<string, OpenDriver>()

  constructor(plan: Plan, services: Omit<Services, 'media' | 'logger'>, logger: Logger) {
    this.plan = plan
    this.#services = services
    this.#logger = logger
    this.media = {
      open: (recording, range, signal) => this.#store(recording).open(recording, range, signal),
      delete: (recording) => this.#store(recording).delete(recording),
    }
  }

  /** The driver of a stage: 0 is the first, n the nth fallback. Throws what the driver’s `create` throws. */
  driver(stage: string, index: number): OpenDriver {
    const key = `${stage}.${index}`
    const open = this.#open.get(key)
    if (open !== undefined) return open
    const planned = this.plan.stages.find(({ id }) => id === stage)?.drivers[index]
    if (planned === undefined) throw new PermanentError(`the plan has no driver ${index} of stage ${stage}`)
    const made = createDriver(planned.definition, planned.options, {
      ...this.#services,
      media: this.media,
      logger: this.#logger.child({ stage, driver: planned.use }),
    })
    this.#open.set(key, made)
    return made
  }

  /** Asks every driver whether it can work here. Nothing is thrown: each answer is a value. */
  async check(): Promise<readonly DriverCheck[]> {
    const drivers = this.plan.stages.flatMap((stage) =>
      stage.drivers.map((driver, index) => ({ stage: stage.id, kind: stage.stage, use: driver.use, index })),
    )
    return Promise.all(
      drivers.map(async ({ stage, kind, use, index }) => {
        try {
          await this.driver(stage, index).check?.()
          return { stage, kind, use, rank: index, problem: undefined }
        } catch (problem) {
          return { stage, kind, use, rank: index, problem }
        }
      }),
    )
  }

  /** Closes every driver that was opened, the others too when one fails; throws the first failure at the end. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled([...this.#open.values()].map((driver) => driver.close?.()))
    this.#open.clear()
    const failure = closed.find((result) => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  /** The driver that keeps a recording: the contract says which stages are stores, the recording says which driver. */
  #store(recording: Recording): Media {
    for (const stage of this.plan.stages) {
      if (stage.contract.service !== 'media') continue
      const index = stage.drivers.findIndex(({ use }) => use === recording.store)
      const driver = index < 0 ? undefined : this.driver(stage.id, index)
      if (driver !== undefined && isMedia(driver)) return driver
    }
    throw new PermanentError(`the recording is kept by ${recording.store}, which the pipeline no longer uses`, {
      remedy: `Add \`use: ${recording.store}\` to the recording-store stage, as a fallback, say.`,
    })
  }
}

export interface DriverCheck {
  readonly stage: string
  /** The kind of stage. */
  readonly kind: string
  readonly use: string
  /** 0: the first driver; n: the nth fallback. */
  readonly rank: number
  /** What the check threw; undefined where the driver can work. */
  readonly problem: unknown
}

function isMedia(driver: OpenDriver): driver is OpenDriver & Media {
  return (
    'open' in driver && typeof driver.open === 'function' && 'delete' in driver && typeof driver.delete === 'function'
  )
}
