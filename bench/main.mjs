// npm run bench -- NAME [--data DIR] [--json]
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
const [name, ...rest] = process.argv.slice(2)

if (!names.includes(name ?? '')) {
  console.error(`Usage: npm run bench -- NAME [--data DIR] [--json]\nNAME is one of: ${names.join(', ')}`)
  process.exit(2)
}
// Peers are installed here only, so that nobody who installs the package gets them.
if (!areInstalled()) {
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: here,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (npm.status !== 0) {
    console.error('Cannot install what the benchmarks compare with: npm ci in bench/ failed')
    process.exit(1)
  }
}
const run = spawnSync(process.execPath, ['--expose-gc', join(here, `${name}.bench.ts`), ...rest], { stdio: 'inherit' })
process.exit(run.status ?? 1)

/** Whether all that bench/package-lock.json lists is there, in its version. */
function areInstalled() {
  const installedList = join(here, 'node_modules', '.package-lock.json')
  if (!existsSync(installedList)) return false
  const [wanted, installed] = [join(here, 'package-lock.json'), installedList].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')).packages,
  )
  return Object.entries(wanted).every(([path, { version }]) => path === '' || installed[path]?.version === version)
}
