import type { Benchmark } from './benchmark.ts'
import { quantile } from './quantile.ts'

/** Calls of each subject that come first and are not counted: code is compiled, connections are opened. */
const WARM_UP = 20

export const callbackToWebhook: Benchmark = {
  name: 'callback-to-webhook',
  measures:
    'From sending the signed recording callback until the endpoint has read the last byte of the webhook, one call after the other. ' +
    'Holds signature checks, every commit, the download of the recording and its file, and all requests to the pretended providers, which answer at once. ' +
    `Leaves out the first ${WARM_UP} calls of each server, and what it does after the delivery (the receipt). The servers take turns.`,
  calls: 200,
  async run({ database, subjects, callers }, calls) {
    const times = new Map(subjects.map((subject) => [subject, [] as number[]]))
    for (let call = -WARM_UP; call < calls; call++) {
      for (const subject of subjects) {
        const { sentAt, delivered } = await callers.call(subject.url)
        const deliveredAt = await delivered
        if (call >= 0) times.get(subject)?.push(deliveredAt - sentAt)
      }
    }
    return [...times].map(([{ name }, taken]) => ({
      benchmark: this.name,
      database,
      subject: name,
      calls,
      figures: { median_ms: quantile(taken, 0.5), p99_ms: quantile(taken, 0.99) },
    }))
  },
}
