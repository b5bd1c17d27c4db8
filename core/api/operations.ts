/** What the API asks of the engine, which also wakes the workers up. */
export interface Operations {
  /**
   * Starts a new run over the call's current recording, from the stage `from` on; without it, from the stage that
   * failed. Throws `not-found`, `conflict`, or `bad-request` for a stage that there is not.
   */
  rerun(callSid: string, options: { readonly from?: string }): Promise<{ readonly runId: string }>
  /** Asks for the call's run to be cancelled. Throws `not-found`, or `conflict` where it is decided already. */
  cancel(callSid: string): Promise<void>
}
