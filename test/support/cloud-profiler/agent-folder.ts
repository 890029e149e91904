import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../../package/repository.ts'

const run = promisify(execFile)

const VERSION = '8.1.0'
const INSTALL_MS = 240_000

/**
 * A folder where Google's agent is installed, beside no other package of ours: it brings 50 MB and builds its native part.
 * It is made once for each version of Node, and kept.
 *
 * @throws Error where npm can't install it: without a network, or without a compiler
 */
export function agentFolder(): Promise<string> {
  // Also where it fails: the next test needn't wait for that again.
  installing ??= install()
  return installing
}

let installing: Promise<string> | undefined

async function install(): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'thermocline')
  const folder = join(cache, `cloud-profiler-${VERSION}-node-${process.version}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const making = await mkdtemp(`${folder}-`)
  try {
    const manifest = {
      name: 'agent',
      private: true,
      dependencies: { '@google-cloud/profiler': VERSION },
      // npm 12 builds nothing without being told so.
      allowScripts: { pprof: true, protobufjs: false },
    }
    await writeFile(join(making, 'package.json'), JSON.stringify(manifest))
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=0'], {
      cwd: making,
      timeout: INSTALL_MS,
      env: { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}`, ...headers() },
    })
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    // Another process may have been faster.
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** The headers of the pinned Node: those of another one make a native part that does not load. */
function headers(): Readonly<Record<string, string>> {
  const [header] = globSync('node_modules/node/node_modules/*/include/node/node.h', { cwd: ROOT })
  if (header === undefined) return {}
  const nodedir = join(ROOT, header, '../../..')
  return { npm_config_nodedir: nodedir, npm_package_config_node_gyp_nodedir: nodedir }
}
