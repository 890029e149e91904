import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import config from '../../tsdown.config.ts'
import { importNames, PINNED_NODE, ROOT, readPackageFile } from './repository.ts'

const packageFile = readPackageFile()
const { exports, bin } = packageFile
const exportedFiles = Object.values(exports).flatMap((target) =>
  typeof target === 'string' ? [target] : Object.values(target),
)
const entryFiles = [config]
  .flat()
  .flatMap(({ entry }) => entry as string[])
  .map((entry) => entry.replace(/^src\//, './dist/').replace(/\.ts$/, '.js'))

describe('package.json exports', () => {
  it.each([...exportedFiles, ...Object.values(bin)])('%s was built', (file) => {
    expect(existsSync(ROOT + file), 'run npm run build').toBe(true)
    expect(statSync(ROOT + file).size).toBeGreaterThan(0)
  })

  it('name every entry of the build, and nothing else of it', () => {
    const named = [...exportedFiles, ...Object.values(bin)].filter((file) => file.endsWith('.js'))
    expect(named.sort()).toEqual([...entryFiles].sort())
  })

  it('leave no index or main file of dist unnamed', () => {
    const built = globSync('dist/**/{index,main}.js', { cwd: ROOT }).map((file) => `./${file.replaceAll('\\', '/')}`)
    expect(built.sort()).toEqual([...entryFiles].sort())
  })

  it('have types that come from the same source as the code', () => {
    for (const target of Object.values(exports)) {
      if (typeof target !== 'string') expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'))
    }
  })

  it.each(importNames(packageFile))('%s can be imported by that name', (name) => {
    const script = `console.log(Object.keys(await import('${name}')).length)`
    const output = execFileSync(PINNED_NODE, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' })
    expect(Number(output)).toBeGreaterThan(0)
  })
})

describe('package.json bin', () => {
  it.each(Object.values(bin))('%s begins with a line that makes a shell run it by Node', (file) => {
    expect(readFileSync(ROOT + file, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node')
  })
})
