import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Where to write the results as JSON too; .ci/run counts them there. */
const report = process.env.THERMOCLINE_TEST_REPORT

/**
 * `unit` needs Node alone; `integration` starts real services, and `campaigns` many processes as well: those keep two
 * processors busy by themselves, and what races there has bounds in time.
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
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They mostly wait.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'campaigns',
          include: ['test/campaigns/**/*.test.ts'],
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
