import { createDriver } from '../contracts/erased.ts'
import {
  type Logger,
  type Media,
  type OpenDriver,
  PermanentError,
  type Recording,
  type Services,
  thrownMessage,
} from '../contracts/index.ts'
import type { Plan } from '../pipeline/plan.ts'

/** A plan with its drivers at work. Drivers are made when they are first needed, once, and used by many attempts. */
export class OpenPlan {
  readonly plan: Plan
  readonly media: Media
  readonly #services: Omit<Services, 'media' | 'logger'>
  readonly #logger: Logger
  readonly #open = new Map<string, { readonly name: string; readonly driver: OpenDriver }>()

  constructor(plan: Plan, services: Omit<Services, 'media' | 'logger'>, logger: Logger) {
    this.plan = plan
    this.#services = services
    this.#logger = logger
    this.media = {
      open: (recording, range, signal) => this.#store(recording).open(recording, range, signal),
      delete: (recording) => this.#store(recording).delete(recording),
    }
  }

  /** The driver of a stage: 0 is the first, n the nth fallback. Throws what the driver's `create` throws. */
  driver(stage: string, index: number): OpenDriver {
    const key = `${stage}.${index}`
    const open = this.#open.get(key)
    if (open !== undefined) return open.driver
    const at = this.plan.stages.find(({ id }) => id === stage)
    const planned = at?.drivers[index]
    if (at === undefined || planned === undefined)
      throw new PermanentError(`the plan has no driver ${index} of stage ${stage}`)
    const made = createDriver(planned.definition, planned.options, {
      ...this.#services,
      media: this.media,
      logger: this.#logger.child({ stage, driver: planned.use }),
    })
    this.#open.set(key, { name: `${at.stage}/${planned.use}`, driver: made })
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

  /** Closes every driver that was opened; throws at the end, with the names of those that failed or took too long. */
  async close(): Promise<void> {
    const open = [...this.#open.values()]
    this.#open.clear()
    const ends = await Promise.all(open.map(({ name, driver }) => endOf(name, driver)))
    const failures = ends.filter((end) => end !== 'closed')
    if (failures.length > 0) throw new Error(failures.join('; '))
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

/** How long a driver may take to close, milliseconds. One that hangs must not keep the process from ending. */
const CLOSE_MS = 2_000

/** `closed`, or why the driver could not be closed. */
async function endOf(name: string, driver: OpenDriver): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${name} did not close within ${CLOSE_MS / 1000} s`), CLOSE_MS)
  })
  try {
    const closed = async () => {
      await driver.close?.()
      return 'closed'
    }
    return await Promise.race([closed(), late])
  } catch (error) {
    return `${name} failed to close: ${thrownMessage(error)}`
  } finally {
    clearTimeout(timer)
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
