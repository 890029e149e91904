import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ImportRules, violations } from './package/import-rules.ts'

const PUBLIC = ['index.ts', 'context/index.ts', 'telemetry/index.ts', 'testing/index.ts']

/** Who may import whom in src/, types included. Each place may import itself; no two files may import each other. */
const RULES: ImportRules = {
  mayImport: {
    errors: [],
    lib: ['errors'],

    clients: ['errors', 'lib'],
    compression: ['errors', 'lib', 'clients'],
    memory: ['errors', 'lib', 'compression'],

    search: ['errors', 'lib', 'memory'],

    tiers: ['errors', 'lib', 'memory', 'compression', 'clients', 'search'],
    stores: ['errors', 'lib', 'memory', 'compression', 'clients', 'tiers'],
    context: ['errors', 'lib', 'memory', 'compression', 'clients', 'search'],
    telemetry: ['errors', 'lib', 'memory', 'compression', 'clients'],
    testing: ['errors', 'lib', 'memory', 'tiers', 'stores'],

    thermocline: ['*'],
    index: ['*'],

    server: PUBLIC,
    cli: PUBLIC,
    adapters: PUBLIC,
  },
  mayImportPackages: ['clients', 'adapters', 'server', 'cli'],
  maxLines: 400,
}

describe('the sources', () => {
  const src = fileURLToPath(new URL('../src/', import.meta.url))
  const paths = globSync('**/*.*', { cwd: src }).map((path) => path.replaceAll('\\', '/'))
  const files = paths.sort().map((path) => ({ path, text: readFileSync(src + path, 'utf8') }))

  it('are there', () => {
    expect(paths).toContain('index.ts')
  })

  it('keep to the import table, without rings, in small files with kebab-case names', () => {
    expect(violations(files, RULES)).toEqual([])
  })
})

describe('the import table catches', () => {
  /** Made-up sources: paths with what they import, or with a whole text. */
  function check(sources: Record<string, string | readonly string[]>): string[] {
    const text = (content: string | readonly string[]) =>
      typeof content === 'string' ? content : content.map((specifier) => `import '${specifier}'\n`).join('')
    return violations(
      Object.entries(sources).map(([path, content]) => ({ path, text: text(content) })),
      RULES,
    )
  }

  it('nothing in a tree that keeps to it', () => {
    const good = check({
      'errors.ts': [],
      'lib/clock.ts': ['../errors.ts', 'node:fs', 'node:test'],
      'clients/ioredis.ts': "const { Redis } = await import('ioredis')",
      'memory/item.ts': ['../lib/clock.ts', './stamp.ts'],
      'memory/stamp.ts': ['../errors.ts'],
      'tiers/hot-store.ts': ['../memory/item.ts'],
      'stores/redis/store.ts': ['../../tiers/hot-store.ts', '../../clients/ioredis.ts'],
      'context/index.ts': ['../memory/item.ts'],
      'thermocline.ts': ['./stores/redis/store.ts'],
      'index.ts': ['./thermocline.ts', './tiers/hot-store.ts'],
      'cli/main.ts': ['../index.ts', '../context/index.ts', './words.ts', 'commander'],
      'cli/words.ts': [],
    })
    expect(good).toEqual([])
  })

  it.each<[string, Record<string, string | readonly string[]>, string]>([
    [
      'a lower row that imports a higher one',
      { 'memory/item.ts': ['./a.ts', '../tiers/b.ts'], 'memory/a.ts': [], 'tiers/b.ts': [] },
      'memory/item.ts:2 imports tiers/b.ts: memory may import only errors, lib, compression',
    ],
    [
      'the same by type only',
      { 'errors.ts': "import type { A } from './lib/a.ts'", 'lib/a.ts': [] },
      'errors.ts:1 imports lib/a.ts: errors may import nothing else',
    ],
    [
      'the same by import()',
      { 'tiers/a.ts': "\nexport const load = () => import('../stores/redis/store.ts')", 'stores/redis/store.ts': [] },
      'tiers/a.ts:2 imports stores/redis/store.ts: tiers may import only errors, lib, memory, compression, clients, search',
    ],
    [
      'context and telemetry that import each other',
      { 'context/a.ts': ['../telemetry/b.ts'], 'telemetry/b.ts': [] },
      'context/a.ts:1 imports telemetry/b.ts: context may import only errors, lib, memory, compression, clients, search',
    ],
    [
      'a command line that looks behind the public entry points',
      { 'cli/main.ts': ['../context/pruner.ts'], 'context/pruner.ts': [] },
      'cli/main.ts:1 imports context/pruner.ts: cli may import only index.ts, context/index.ts, telemetry/index.ts, testing/index.ts',
    ],
    [
      'anything that imports the composition root',
      { 'tiers/a.ts': ['../thermocline.ts'], 'thermocline.ts': [] },
      'tiers/a.ts:1 imports thermocline.ts: tiers may import only errors, lib, memory, compression, clients, search',
    ],
    [
      'a package outside clients/',
      { 'stores/redis/store.ts': ['ioredis'] },
      'stores/redis/store.ts:1 imports ioredis: only clients, adapters, server, cli may import packages',
    ],
    [
      'a package by type, by import() or by a computed name',
      {
        'context/a.ts': "import type { A } from 'gpt-tokenizer'",
        'context/b.ts': "void import('gpt-tokenizer')",
        'context/c.ts': 'void import(name)',
      },
      [
        'context/a.ts:1 imports gpt-tokenizer: only clients, adapters, server, cli may import packages',
        'context/b.ts:1 imports gpt-tokenizer: only clients, adapters, server, cli may import packages',
        'context/c.ts:1 imports <name>: only clients, adapters, server, cli may import packages',
      ].join('\n'),
    ],
    [
      'the package itself by name',
      { 'memory/a.ts': ['thermocline'] },
      'memory/a.ts:1 imports thermocline: only clients, adapters, server, cli may import packages',
    ],
    ['a file that is not there', { 'lib/a.ts': ['./b.js'] }, 'lib/a.ts:1 imports ./b.js, which is no file of src'],
    [
      'a file outside src',
      { 'lib/a.ts': ['../../test/b.ts'] },
      'lib/a.ts:1 imports ../../test/b.ts, which is no file of src',
    ],
    ['a ring of two', { 'lib/a.ts': ['./b.ts'], 'lib/b.ts': ['./a.ts'] }, 'ring: lib/a.ts -> lib/b.ts -> lib/a.ts'],
    [
      'a ring of three by types, with a file that only leads into it',
      {
        'lib/entry.ts': ['./x.ts'],
        'lib/x.ts': "export type { Y } from './y.ts'",
        'lib/y.ts': "import type { Z } from './z.ts'",
        'lib/z.ts': ['./leaf.ts', './x.ts'],
        'lib/leaf.ts': [],
      },
      'ring: lib/x.ts -> lib/y.ts -> lib/z.ts -> lib/x.ts',
    ],
    ['a file that imports itself', { 'lib/a.ts': ['./a.ts'] }, 'ring: lib/a.ts -> lib/a.ts'],
    ['a long file', { 'lib/a.ts': '\n'.repeat(401) }, 'lib/a.ts has 401 lines: at most 400'],
    ['a name in camel case', { 'lib/singleFlight.ts': [] }, 'lib/singleFlight.ts is not named in kebab-case'],
    ['a folder in capitals', { 'lib/Sizes/a.ts': [] }, 'lib/Sizes/a.ts is not named in kebab-case'],
    [
      'a folder that nobody decided about',
      { 'utils/a.ts': [] },
      'utils/a.ts is in no row of the import table: add one for "utils"',
    ],
  ])('%s', (_, sources, message) => {
    expect(check(sources)).toEqual(message.split('\n'))
  })

  it('each of several at once', () => {
    const bad = check({ 'lib/a.ts': ['./b.ts', 'lodash'], 'lib/b.ts': ['./a.ts', '../tiers/c.ts'], 'tiers/c.ts': [] })
    expect(bad).toHaveLength(3)
  })
})
