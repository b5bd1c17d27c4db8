import type { Benchmark } from './benchmark.ts'
import { callbackToWebhook } from './callback-to-webhook.ts'
import { throughput } from './throughput.ts'

/** Every benchmark, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [callbackToWebhook, throughput]
