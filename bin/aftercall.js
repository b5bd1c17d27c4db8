#!/usr/bin/env node
// Plain JavaScript for any Node since 14.18: finds a Node that runs the rest, which is TypeScript as it stands.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import * as module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

if (process.features.typescript) {
  run()
} else {
  const node = ownNode()
  if (node === undefined) {
    console.error(`aftercall needs Node 22.18 or newer, and this is ${process.version}: npm install node@24`)
    process.exitCode = 2
  } else {
    runWith(node)
  }
}

function run() {
  // Half of the start-up time is compiling. Not in the shared temporary directory, where others could put their code.
  if (module.enableCompileCache) module.enableCompileCache(join(root, 'node_modules', '.cache', 'aftercall'))
  // Whoever reads our output may stop reading: `aftercall calls | head`.
  process.stdout.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
    process.exit()
  })
  const source = join(root, 'core', 'cli', 'main.ts')
  const main = existsSync(source) ? source : join(root, 'dist', 'core', 'cli', 'main.js')
  import(pathToFileURL(main).href)
    .then((loaded) =>
      loaded.main(process.argv.slice(2), {
        stdin: process.stdin,
        stdout: process.stdout,
        stderr: process.stderr,
        cwd: process.cwd(),
        env: process.env,
        terminal: Boolean(process.stdin.isTTY && process.stdout.isTTY),
      }),
    )
    .then((code) => {
      process.exitCode = code
    })
}

/**
 * The npm package `node`, installed beside Aftercall. Its install script may have been refused: then it has no binary.
 * And it may be what runs this already, with type stripping switched off.
 */
function ownNode() {
  try {
    const manifest = module.createRequire(import.meta.url).resolve('node/package.json')
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) && realpathSync(binary) !== process.execPath ? binary : undefined
  } catch (_notInstalled) {
    return undefined
  }
}

function runWith(node) {
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both processes; sent on, it would arrive twice, and twice means "at once".
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`aftercall cannot run ${node}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
    } else {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    }
  })
}
