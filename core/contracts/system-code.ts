/** The code of what the operating system refused, such as ENOENT; undefined of anything else that was thrown. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
