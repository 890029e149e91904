import { existsSync, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'
import { withLock } from './lock.mjs'
import { say } from './report.mjs'
import { inRoot } from './root.mjs'
import { run } from './run.mjs'

const BIN = inRoot('node_modules', '.bin')

/** The pinned Node, whichever Node is outside. */
export const PINNED_NODE = inRoot('node_modules', '.bin', 'node')

/** Installs what package-lock.json says, unless it is installed, and checks the pinned Node. False if that failed. */
export async function setUpDependencies() {
  if (!areInstalled() && !(await withLock(async () => areInstalled() || (await install())))) return false
  return await checkPinnedNode()
}

/**
 * npm writes down what it installed as its last step, so this also notices an interrupted install, and accepts one that
 * was made by hand.
 */
function areInstalled() {
  const installedList = inRoot('node_modules', '.package-lock.json')
  if (!existsSync(installedList)) return false
  const wanted = readPackages(inRoot('package-lock.json'))
  const installed = readPackages(installedList)
  const isRight = ([path, { version, optional, link }]) =>
    path === '' || link || (installed[path] ? installed[path].version === version : optional === true)
  return Object.entries(wanted).every(isRight)
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

async function install() {
  say('installing dependencies with npm ci, which takes about half a minute ...')
  // Without our own bin folder on PATH: npm would run on the pinned Node while it replaces it.
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== BIN)
  const env = { ...process.env, PATH: path.join(delimiter) }
  const { code, output } = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { env })
  if (code === 0) return true
  process.stderr.write(output)
  say(`Cannot install dependencies: "npm ci" ended with code ${code}; its output is above`)
  return false
}

async function checkPinnedNode() {
  const { devDependencies } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  const wanted = `v${devDependencies.node}`
  if (process.version === wanted) return true
  const { code, output } = await run(PINNED_NODE, ['--version'])
  if (code === 0 && output.trim() === wanted) return true
  say(
    `Cannot use the pinned Node: node_modules/.bin/node should be ${wanted}: received ${output.trim()}. ` +
      'Its install script may have been blocked (npm option ignore-scripts); run "npm rebuild node"',
  )
  return false
}
