// npm run check: everything that can be said about the code without running the product. All parts run, whatever fails.
import { PINNED_NODE } from './setup/dependencies.mjs'
import { inRoot } from './setup/root.mjs'
import { run } from './setup/run.mjs'

const bin = (name) => inRoot('node_modules', '.bin', name)
const test = (file) => [bin('vitest'), 'run', '--project', 'unit', file]

const PARTS = [
  ['format and lint', bin('biome'), 'check', '--error-on-warnings', '.'],
  ['types', PINNED_NODE, bin('tsc'), '-p', '.'],
  ['import table', ...test('test/architecture.test.ts')],
  ['exports and build', ...test('test/package/exports.test.ts')],
  ['publint', bin('publint'), '--strict'],
  ['types of exports', bin('attw'), '--pack', '.', '--profile', 'esm-only'],
  ['documentation examples', ...test('test/package/doc-examples.test.ts')],
  ['error codes', ...test('test/package/errors-doc.test.ts')],
]

// Colours only where a person looks; vitest takes FORCE_COLOR over NO_COLOR.
const { FORCE_COLOR, ...env } = process.env
if (process.stdout.isTTY) env.FORCE_COLOR = '1'
else env.NO_COLOR = '1'

let failed = 0
for (const [name, command, ...args] of PARTS) {
  const start = Date.now()
  const { code, output } = await run(command, args, { env })
  const seconds = ((Date.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`)
  if (code === 0) continue
  failed++
  console.log(output.trim().replace(/^/gm, '        '))
}
if (failed > 0) {
  console.log(`${failed} of ${PARTS.length} checks failed`)
  process.exitCode = 1
}
