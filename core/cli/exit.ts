/** What the process ends with. Documented in the help of every command and in the README: scripts rely on it. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Bad configuration (environment, pipeline.yaml) or bad usage (unknown option, missing argument). */
  misconfigured: 2,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
