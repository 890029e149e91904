// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the sources here are texts
import { describe, expect, it } from 'vitest'
import { importsOf } from './source-imports.ts'

const specifiers = (source: string) => importsOf(source).map(({ specifier }) => specifier)

describe('importsOf()', () => {
  it.each([
    ["import a from './a.ts'", './a.ts'],
    ["import type { A } from './a.ts'", './a.ts'],
    ["import { type A, b as c } from './a.ts'", './a.ts'],
    ["import a, * as rest from './a.ts'", './a.ts'],
    ["import {\n  a, // why 'a'\n  b,\n} from './a.ts'", './a.ts'],
    ['import data from "./a.json" with { type: "json" }', './a.json'],
    ["import './a.ts'", './a.ts'],
    ["export * from './a.ts'", './a.ts'],
    ["export type { A } from './a.ts'", './a.ts'],
    ["export { a as default } from './a.ts'", './a.ts'],
    ["const a = await import('./a.ts')", './a.ts'],
    ['const a = import(`./a.ts`)', './a.ts'],
    ["const a = import(/* lazily */ './a.ts', { with: {} })", './a.ts'],
    ["type A = typeof import('./a.ts')", './a.ts'],
    ["type A = import('./a.ts').A", './a.ts'],
    ["const a = require('./a.cjs')", './a.cjs'],
    ["const a = import.meta.resolve('a')", 'a'],
    ['const a = import(name)', '<name>'],
    ["const text = `${await import('./a.ts')}`", './a.ts'],
    ["const ratio = a / b; import('./a.ts'); c / d", './a.ts'],
    ["const quote = /['\"`]/; import('./a.ts'); const other = /'/", './a.ts'],
  ])('finds the import in %j', (source, specifier) => {
    expect(specifiers(source)).toEqual([specifier])
  })

  it.each([
    "// import a from './a.ts'",
    "/* import a from './a.ts' */",
    "/**\n * ```ts\n * import a from 'a'\n * ```\n */",
    'const text = "import a from \'./a.ts\'"',
    "const text = `\nimport a from './a.ts'\n`",
    "const text = `${name}\nimport a from './a.ts'\n`",
    "const from = Array.from('a')",
    "const pattern = /import '.*'/",
    "store.import('a'); this.#import('b')",
    "export const a = 'b'",
  ])('finds nothing in %j', (source) => {
    expect(specifiers(source)).toEqual([])
  })

  it('says the line, past comments and texts of several lines', () => {
    const source = "import a from 'a'\n/* 1\n2 */\nconst text = `\n${name}\n\n`\nimport(\n  'b'\n)\n"
    expect(importsOf(source)).toEqual([
      { specifier: 'a', line: 1 },
      { specifier: 'b', line: 9 },
    ])
  })
})
