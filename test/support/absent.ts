/**
 * What a suite does when something of the machine is not there: on a developer's machine it skips, and says so; in
 * CI, where `.ci/run` sets all of it up, it fails, so that nothing goes untested unnoticed.
 */
export function skipWithout(context: Mocha.Context, missing: string): never {
  if (process.env['CI'] === 'true') throw new Error(`${missing}; in CI nothing is skipped`)
  console.warn(`      skipped: ${missing}`)
  context.skip()
}
