import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { PINNED_NODE } from './dependencies.mjs'
import { withLock } from './lock.mjs'
import { say } from './report.mjs'
import { inRoot } from './root.mjs'
import { run } from './run.mjs'

const SOURCES = ['src', 'package.json', 'tsconfig.json', 'tsdown.config.ts']
const CACHE = inRoot('node_modules', '.cache', 'thermocline')
const STAMP = inRoot('node_modules', '.cache', 'thermocline', 'build')

/** Builds dist, unless it was built from these very sources and is untouched since. False if the build failed. */
export async function setUpBuild() {
  return isFresh() || (await withLock(async () => isFresh() || (await build())))
}

function isFresh() {
  return existsSync(STAMP) && existsSync(inRoot('dist')) && readFileSync(STAMP, 'utf8') === state()
}

/** By content, not by time: a checkout gives old files new times, and a copy may give new files old times. */
function state() {
  return `${fingerprint(SOURCES)} ${fingerprint(['dist'])}`
}

function fingerprint(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesUnder).sort()) hash.update(`${path}\0`).update(readFileSync(inRoot(path)))
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!statSync(inRoot(path)).isDirectory()) return [path]
  return readdirSync(inRoot(path)).flatMap((name) => filesUnder(`${path}/${name}`))
}

async function build() {
  say('building dist ...')
  const { code, output } = await run(PINNED_NODE, [inRoot('node_modules', 'tsdown', 'dist', 'run.mjs')])
  if (code === 0) {
    mkdirSync(CACHE, { recursive: true })
    writeFileSync(STAMP, state())
    return true
  }
  // The bundler's own stack tells nothing about the source.
  process.stderr.write(output.replace(/^ +at .*\n/gm, ''))
  say(`Cannot build dist: tsdown ended with code ${code}; its output is above`)
  return false
}
