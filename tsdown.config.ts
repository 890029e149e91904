import { defineConfig, type UserConfig } from 'tsdown'

const config: UserConfig = defineConfig({
  entry: ['src/index.ts', 'src/context/index.ts', 'src/telemetry/index.ts', 'src/testing/index.ts', 'src/cli/main.ts'],
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  dts: true,
  sourcemap: true,
  fixedExtension: false,
  outDir: 'dist',
})

export default config
