import type { SuiteRunner } from '../../src/testing/index.ts'

interface Collected {
  readonly name: string
  readonly body: () => Promise<void>
}

/** Runs a suite by itself and gives the names of the tests that failed. */
export async function failuresOf(define: (runner: SuiteRunner) => void): Promise<{ ran: number; failed: string[] }> {
  const tests: Collected[] = []
  const names: string[] = []
  define({
    describe(name, body) {
      names.push(name)
      body()
      names.pop()
    },
    it: (name, body) => tests.push({ name: [...names.slice(1), name].join(' > '), body }),
  })
  const failed: string[] = []
  for (const { name, body } of tests) {
    try {
      await body()
    } catch {
      failed.push(name)
    }
  }
  return { ran: tests.length, failed }
}
