import type { ErrorRecord, Outcome } from '../contracts/index.ts'

/** What happens to runs, as it happens: for displays and metrics. Told after the commit, and to this process only. */
export type EngineEvent = { readonly runId: string; readonly callSid: string } & (
  | { readonly type: 'stage-started'; readonly stage: string; readonly use: string; readonly attempt: number }
  | { readonly type: 'stage-done'; readonly stage: string; readonly milliseconds: number }
  | { readonly type: 'stage-skipped'; readonly stage: string; readonly reason: string }
  | { readonly type: 'stage-settled'; readonly stage: string; readonly outcome: string; readonly reason: string }
  | { readonly type: 'stage-retry'; readonly stage: string; readonly error: ErrorRecord; readonly dueInMs: number }
  | { readonly type: 'stage-fallback'; readonly stage: string; readonly error: ErrorRecord; readonly use: string }
  | { readonly type: 'stage-failed'; readonly stage: string; readonly error: ErrorRecord }
  | { readonly type: 'run-decided'; readonly outcome: Outcome }
  | { readonly type: 'run-settled' }
  | { readonly type: 'run-released' }
)

export type EngineListener = (event: EngineEvent) => void
