/** What an attempt has used up, as the provider says it or as we measured it. Absent parts are unknown. */
export interface Usage {
  readonly model?: string
  readonly audioSeconds?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
}

/** The sum over all attempts of a stage, failed ones included: they cost money too. */
export interface StageUsage extends Usage {
  readonly attempts: number
}
