import { parseArgs } from 'node:util'
import type { Benchmark, Row } from './benchmark.ts'
import { BENCHMARKS } from './benchmarks.ts'
import { circumstances, describe, tableOf } from './report.ts'
import { type DatabaseKind, NoPostgres } from './scene/databases.ts'
import { openScene } from './scene/scene.ts'
import type { Transcode } from './scene/settings.ts'

const DATABASES: readonly DatabaseKind[] = ['sqlite', 'postgres']
const TRANSCODES: readonly Transcode[] = ['passthrough', 'ffmpeg']

const HELP = `npm run bench -- [NAME…] [options]

Runs the benchmarks of these names, or all of them, on each database, and beside them a bare server that does the
same requests and commits: its figures tell how much of Aftercall's is the machine.

Benchmarks: ${BENCHMARKS.map(({ name }) => name).join(', ')}

  --calls N             how many calls are measured (${BENCHMARKS.map(({ name, calls }) => `${name}: ${calls}`).join(', ')})
  --database NAME       ${DATABASES.join(' or ')}; both by default. TEST_POSTGRES_URL names the server
  --transcode DRIVER    ${TRANSCODES.join(' (the default) or ')}
  --profile FOLDER      write a CPU profile of Aftercall there
  --json                print the figures as JSON
  --help
`

interface Request {
  readonly benchmarks: readonly Benchmark[]
  readonly databases: readonly DatabaseKind[]
  readonly transcode: Transcode
  readonly calls: number | undefined
  readonly profile: string | undefined
  readonly format: 'text' | 'json'
}

function requestOf(argv: readonly string[]): Request | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      calls: { type: 'string' },
      database: { type: 'string' },
      transcode: { type: 'string', default: 'passthrough' },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const calls = values.calls === undefined ? undefined : Number(values.calls)
  if (calls !== undefined && !(Number.isInteger(calls) && calls > 0)) {
    throw new Error('--calls must be a whole number above 0')
  }
  const named = positionals.map((name) =>
    BENCHMARKS.find(
      (benchmark) =>
        benchmark.name ===
        oneOf(
          BENCHMARKS.map((known) => known.name),
          name,
        ),
    ),
  )
  return {
    benchmarks: named.length === 0 ? BENCHMARKS : named.filter((benchmark) => benchmark !== undefined),
    databases: values.database === undefined ? DATABASES : [oneOf(DATABASES, values.database)],
    transcode: oneOf(TRANSCODES, values.transcode),
    calls,
    profile: values.profile,
    format: values.json ? 'json' : 'text',
  }
}

function oneOf<T extends string>(words: readonly T[], given: string): T {
  const word = words.find((known) => known === given)
  if (word === undefined) throw new Error(`there is no ${given}; there are ${words.join(', ')}`)
  return word
}

/** One benchmark on each database. A database that is not there is skipped, and that is said. */
async function measure(benchmark: Benchmark, request: Request): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const database of request.databases) {
    try {
      await using scene = await openScene({ ...request, database })
      rows.push(...(await benchmark.run(scene, request.calls ?? benchmark.calls)))
    } catch (error) {
      if (!(error instanceof NoPostgres)) throw error
      console.error(`skipped on postgres: ${error.message}`)
    }
  }
  return rows
}

async function main(argv: readonly string[]): Promise<void> {
  const request = requestOf(argv)
  if (request === 'help') {
    console.log(HELP)
    return
  }
  const where = circumstances()
  if (request.format === 'text') console.log(`${describe(where)}, transcode/${request.transcode}`)
  const all: Row[] = []
  for (const benchmark of request.benchmarks) {
    const rows = await measure(benchmark, request)
    all.push(...rows)
    if (request.format === 'text' && rows.length > 0) console.log(tableOf(benchmark, rows))
  }
  if (request.format === 'json')
    console.log(JSON.stringify({ ...where, transcode: request.transcode, rows: all }, null, 2))
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
