/** Where something stands in pipeline.yaml: keys and indexes, from the top. */
export type Path = readonly (string | number)[]

/** As people read it: `stages[2].with.langauge`; a key that is no plain word is quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** As a JSON pointer, which is how ajv names places. */
export function toPointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The path that a JSON pointer names within `value`: only the value tells an index from a key. */
export function fromPointer(pointer: string, value: unknown): Path {
  const path: (string | number)[] = []
  let at = value
  for (const escaped of pointer.split('/').slice(1)) {
    const part = escaped.replaceAll('~1', '/').replaceAll('~0', '~')
    const step = Array.isArray(at) ? Number(part) : part
    path.push(step)
    at = stepInto(at, step)
  }
  return path
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce(stepInto, value)
}

function stepInto(value: unknown, part: string | number): unknown {
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined
  return isMapping(value) && Object.hasOwn(value, part) ? value[part] : undefined
}

/** A YAML mapping, as opposed to a list, a scalar or nothing. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
