import pLimit from 'p-limit'
import type { Benchmark, Row } from './benchmark.ts'
import { quantile } from './quantile.ts'
import type { Scene } from './scene/scene.ts'
import type { Subject } from './scene/subject.ts'

/** Callbacks under way at a time: more than a server of two cores can use, fewer than make it refuse connections. */
const CONNECTIONS = 32

/** Calls of each server that come first and are not counted. */
const WARM_UP = 100

export const throughput: Benchmark = {
  name: 'throughput',
  measures:
    `All callbacks at once, over ${CONNECTIONS} connections, while the worker is at work already. accepted_per_s: callbacks answered 2xx, which means committed, ` +
    'from the first one sent to the last one answered; runs_per_s: from the first callback sent to the last webhook delivered. peak_mb: the largest resident memory of the server process since its start; ' +
    'cpu_ms_per_run: processor time of the server process, user and system. ' +
    `Leaves out the first ${WARM_UP} calls of each server, but for peak_mb; and programs that the server starts (ffmpeg) from memory and processor time. ` +
    'The pretended providers, the endpoint and the sender share one other process on the same machine, and compete for its cores.',
  calls: 1_000,
  async run(scene, calls) {
    const rows: Row[] = []
    // One after the other: each has the machine to itself, but for the providers.
    for (const subject of scene.subjects) {
      await rush(scene, subject, Math.min(calls, WARM_UP))
      rows.push({
        benchmark: this.name,
        database: scene.database,
        subject: subject.name,
        calls,
        figures: await rush(scene, subject, calls),
      })
    }
    return rows
  },
}

async function rush({ callers }: Scene, subject: Subject, calls: number): Promise<Row['figures']> {
  const limit = pLimit(CONNECTIONS)
  const before = await subject.usage()
  const start = performance.now()
  const placed = await Promise.all(
    Array.from({ length: calls }, () =>
      limit(async () => {
        const call = await callers.call(subject.url)
        return { ...call, answeredAt: performance.now() }
      }),
    ),
  )
  const deliveredAt = await Promise.all(placed.map(({ delivered }) => delivered))
  const after = await subject.usage()
  const answeredAt = placed.map((call) => call.answeredAt)
  return {
    accepted_per_s: perSecond(calls, quantile(answeredAt, 1) - start),
    runs_per_s: perSecond(calls, quantile(deliveredAt, 1) - start),
    cpu_ms_per_run: (after.cpuMs - before.cpuMs) / calls,
    peak_mb: after.peakBytes / 2 ** 20,
  }
}

function perSecond(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1_000
}
