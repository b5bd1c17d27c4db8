/** What a promise is rejected with; fails where it is fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const fulfilled = Symbol('fulfilled')
  const result: unknown = await promise.then(
    () => fulfilled,
    (error: unknown) => error,
  )
  if (result === fulfilled) throw new Error('it was expected to fail, and did not')
  return result
}
