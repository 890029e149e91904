/** What a suite needs of a test runner; those of vitest, node:test, mocha and jest fit as they are. */
export interface SuiteRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: () => Promise<void>): unknown
}
