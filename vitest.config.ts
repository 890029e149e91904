import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Where to write the results as JSON too; .ci/run counts them there. */
const report = process.env.THERMOCLINE_TEST_REPORT

/** `unit` needs Node alone; `integration` starts real services and real processes. */
const config: ViteUserConfig = defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/integration/**', 'test/campaigns/**'] } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/campaigns/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})

export default config
