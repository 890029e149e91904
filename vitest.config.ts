import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Where to write the results as JSON too; .ci/run counts them there. */
const report = process.env.THERMOCLINE_TEST_REPORT

/** Of the integration tests, those that measure what is to happen within seconds while all processors are busy. */
const UNDER_LOAD: readonly string[] = ['redis-failover', 'redis-hot-store'].map(
  (name) => `test/integration/${name}.test.ts`,
)

/**
 * `unit` needs Node alone; `integration` starts real services, and `alone` many processes as well: those keep two
 * processors busy by themselves, and much of it has bounds in time.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/campaigns/**'],
          // Properties are tried on hundreds of cases.
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...UNDER_LOAD],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They mostly wait.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          include: ['test/campaigns/**/*.test.ts', ...UNDER_LOAD],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

export default config
