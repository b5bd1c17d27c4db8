import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { AftercallError } from '../core/contracts/errors.ts'
import { Malformed, type Reading } from './setting.ts'

/** Where the settings come from: real variables win over those of `.env` in `cwd`. */
export interface EnvironmentSource {
  /** Absolute. Relative paths in settings start here. */
  readonly cwd: string
  readonly variables: Readonly<Record<string, string | undefined>>
}

/** The variables, and the faults found in them so far. */
export class Variables {
  readonly #given: ReadonlyMap<string, string>
  readonly #fromFile: ReadonlySet<string>
  readonly #normalized = new Map<string, string>()
  readonly #unset = new Set<string>()
  readonly #faults: string[] = []

  constructor({ cwd, variables }: EnvironmentSource) {
    const file = this.#readFile(join(cwd, '.env'))
    const real = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined)
    const given = new Map(file)
    for (const [name, value] of real) given.set(name, value)
    this.#given = given
    this.#fromFile = new Set([...file.keys()].filter((name) => variables[name] === undefined))
  }

  /** The value of a variable that has a default. A fault is noted, and the default taken until all are found. */
  read<T>(name: string, reading: Reading<T>, byDefault: string): T {
    const found = this.find(name, reading)
    if (found !== undefined) return found
    const value = reading(byDefault)
    this.#note(name, byDefault, value)
    return value
  }

  /** The value of a variable; undefined where it is unset, empty or malformed. */
  find<T>(name: string, reading: Reading<T>): T | undefined {
    const given = this.#given.get(name)?.trim()
    if (given === undefined || given === '') {
      this.#unset.add(name)
      return undefined
    }
    try {
      const value = reading(given)
      this.#note(name, given, value)
      return value
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown
      this.#faults.push(`${name}${this.#fromFile.has(name) ? ' (in .env)' : ''} ${thrown.message}`)
      return undefined
    }
  }

  /** Every variable, those that were read in their checked form. Throws when there were faults. */
  all(): Record<string, string> {
    if (this.#faults.length > 0) {
      const count = this.#faults.length === 1 ? 'a setting is' : `${this.#faults.length} settings are`
      const list = this.#faults.map((fault) => `\n  ${fault}`).join('')
      throw new AftercallError(`${count} malformed:${list}`, { code: 'bad-configuration' })
    }
    const plain = [...this.#given].filter(([name]) => !this.#unset.has(name))
    return Object.fromEntries([...plain, ...this.#normalized])
  }

  #note(name: string, given: string, value: unknown): void {
    this.#normalized.set(name, typeof value === 'string' ? value : given)
  }

  #readFile(file: string): ReadonlyMap<string, string> {
    try {
      return new Map(Object.entries(parse(readFileSync(file))))
    } catch (thrown) {
      if (!isMissing(thrown)) this.#faults.push(`.env cannot be read (${codeOf(thrown)})`)
      return new Map()
    }
  }
}

function isMissing(thrown: unknown): boolean {
  return codeOf(thrown) === 'ENOENT'
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
}
