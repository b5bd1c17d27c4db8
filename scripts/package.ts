/**
 * What `npm pack` does beside packing. Node strips no types below node_modules, so the package has JavaScript and
 * declarations in dist/, and `exports` that lead there (`publishConfig.exports`, which npm itself leaves unused).
 * `prepack` builds dist/ and puts those exports into package.json; `postpack` puts package.json back. Should packing
 * break between the two, `npm run postpack` does the same.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const MANIFEST = join(ROOT, 'package.json')
/** The package.json of the repository, while that of the package stands in its place. */
const KEPT = join(ROOT, 'package.json.kept')
const DIST = join(ROOT, 'dist')

/** What the program reads beside its code: the sample call, prompts, the schema, the default pipeline. */
const ASSETS = ['{core,plugins,config,migrations,sandbox}/**/*', 'pipeline.yaml']

function build(): void {
  rmSync(DIST, { recursive: true, force: true })
  execFileSync('tsc', ['-p', 'tsconfig.package.json'], { cwd: ROOT, stdio: 'inherit' })
  for (const entry of globSync(ASSETS, { cwd: ROOT, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.ts')) continue
    const path = join(entry.parentPath, entry.name)
    cpSync(path, join(DIST, path.slice(ROOT.length)))
  }
}

function publishedManifest(): string {
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'))
  return `${JSON.stringify({ ...manifest, exports: manifest.publishConfig.exports }, null, 2)}\n`
}

switch (process.argv[2]) {
  case 'prepack': {
    build()
    const published = publishedManifest()
    renameSync(MANIFEST, KEPT)
    writeFileSync(MANIFEST, published)
    break
  }
  case 'postpack':
    renameSync(KEPT, MANIFEST)
    break
  default:
    throw new Error('scripts/package.ts prepack|postpack')
}
