import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from './repository.ts'

describe('.ci/run', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'thermocline-ci-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Runs it with an npm that only pretends: the demo and the tests are these lines of shell. */
  function run({ demo = 'true', test }: { demo?: string; test: string }): {
    last: string | undefined
    code: number | null
  } {
    const npm = join(folder, 'npm')
    writeFileSync(
      npm,
      `#!/bin/sh\necho "npm $*" >> '${folder}/calls'\ncase "$*" in "run demo") ${demo} ;; test) ${test} ;; esac\n`,
    )
    chmodSync(npm, 0o755)
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
    const { stdout, status } = spawnSync(join(ROOT, '.ci', 'run'), { env, encoding: 'utf8' })
    return { last: stdout.trimEnd().split('\n').at(-1), code: status }
  }

  /** Shell that writes a report of vitest: files with the states of their tests. */
  function report(...files: { status?: string; tests: string[] }[]): string {
    const testResults = files.map(({ status = 'passed', tests }, i) => {
      return { name: `${i}.test.ts`, status, message: '', assertionResults: tests.map((state) => ({ status: state })) }
    })
    return `echo '${JSON.stringify({ testResults })}' > "$THERMOCLINE_TEST_REPORT"`
  }

  const twoPassed = report({ tests: ['passed'] }, { tests: ['passed', 'skipped'] })

  it('counts the tests that ran and the demo', () => {
    expect(run({ test: twoPassed })).toEqual({ last: '3 passed, 0 failed', code: 0 })
    expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('npm run demo\nnpm test\n')
  })

  it.each<[string, { demo?: string; test: string }, string]>([
    [
      'a failed test',
      { test: `${report({ status: 'failed', tests: ['passed', 'failed'] })}; exit 1` },
      '2 passed, 1 failed',
    ],
    ['a failed demo', { demo: 'exit 3', test: twoPassed }, '2 passed, 1 failed'],
    ['a demo that was killed', { demo: 'kill -9 $$', test: twoPassed }, '2 passed, 1 failed'],
    [
      'a file that could not be loaded',
      { test: `${report({ status: 'failed', tests: [] })}; exit 1` },
      '1 passed, 1 failed',
    ],
    [
      'a file whose hook failed after its tests',
      { test: `${report({ status: 'failed', tests: ['passed'] })}; exit 1` },
      '2 passed, 1 failed',
    ],
    ['tests that end with an error though none failed', { test: `${twoPassed}; exit 1` }, '3 passed, 1 failed'],
    ['a run without any test', { test: report() }, '1 passed, 1 failed'],
    ['a run of skipped tests only', { test: report({ tests: ['skipped', 'todo'] }) }, '1 passed, 1 failed'],
    ['a run that wrote no report', { test: 'exit 0' }, '1 passed, 1 failed'],
    [
      'a report that breaks off',
      { test: `echo '{"testRes' > "$THERMOCLINE_TEST_REPORT"; exit 1` },
      '1 passed, 1 failed',
    ],
    ['everything at once', { demo: 'exit 1', test: 'exit 1' }, '0 passed, 2 failed'],
  ])('fails for %s', (_, { demo, test }, last) => {
    expect(run(demo === undefined ? { test } : { demo, test })).toEqual({ last, code: 1 })
  })
})
