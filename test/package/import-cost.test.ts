import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importNames, PINNED_NODE, ROOT, readPackageFile } from './repository.ts'

const RUNS = 5
const SANITY_MS = 1_000

describe.each(importNames(readPackageFile()))("import '%s'", (name) => {
  it('loads files of dist and of Node only', ({ annotate }) => {
    const { files, builtins } = run(name, RECORD_MODULES) as { files: string[]; builtins: string[] }
    const paths = files.map((url) => fileURLToPath(url))
    expect(paths.length).toBeGreaterThan(0)
    expect(paths.filter((path) => !path.startsWith(`${ROOT}dist/`))).toEqual([])
    const own = paths.map((path) => path.slice(ROOT.length))
    return annotate(`${own.join(', ')} and ${builtins.length} modules of Node: ${builtins.join(', ')}`)
  })

  it('takes little time', ({ annotate }) => {
    const times = Array.from({ length: RUNS }, () => run(name, MEASURE_TIME) as number).sort((a, b) => a - b)
    const median = times[Math.floor(RUNS / 2)]!
    console.log(`import '${name}': ${median.toFixed(1)} ms, median of ${RUNS}`)
    expect(median).toBeLessThan(SANITY_MS)
    return annotate(`${median.toFixed(1)} ms`)
  })
})

/** Scripts that import the package by its own name, as users do, and print one line of JSON. */
const RECORD_MODULES = (name: string): string => `
  import { registerHooks } from 'node:module'
  const builtins = () => process.moduleLoadList.map((entry) => entry.split(' ')[1]).filter((id) => !id.startsWith('internal/'))
  const files = new Set()
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('node:')) files.add(url)
      return nextLoad(url, context)
    },
  })
  const before = new Set(builtins())
  await import('${name}')
  console.log(JSON.stringify({ files: [...files], builtins: builtins().filter((id) => !before.has(id)) }))`

const MEASURE_TIME = (name: string): string => `
  const start = performance.now()
  await import('${name}')
  console.log(performance.now() - start)`

function run(name: string, script: (name: string) => string): unknown {
  const args = ['--input-type=module', '-e', script(name)]
  return JSON.parse(execFileSync(PINNED_NODE, args, { cwd: ROOT, encoding: 'utf8' }))
}
