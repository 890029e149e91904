import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileExamples, type DocExample, docExamples } from './doc-examples.ts'
import { ROOT } from './repository.ts'

const TIMEOUT_MS = 60_000

describe('examples in the documentation', () => {
  it('compile against the package as it is built', { timeout: TIMEOUT_MS }, async () => {
    const files = globSync(['README.md', 'docs/**/*.md'], { cwd: ROOT }).sort()
    expect(files).toContain('README.md')
    const examples = files.flatMap((file) => docExamples(file, readFileSync(ROOT + file, 'utf8')))
    expect(await compileExamples(examples)).toEqual([])
  })
})

describe('docExamples()', () => {
  it('takes ts blocks that import something, with their lines, and leaves fragments and other languages', () => {
    const markdown = [
      '# Title',
      '```ts',
      'fragment()',
      '```',
      '```js',
      "import a from 'a'",
      '```',
      '- in a list:',
      '  ```ts',
      "  import a from 'a'",
      '',
      '    a()',
      '  ```',
      '```ts',
      "import type { B } from 'b'",
      '```',
    ].join('\n')
    expect(docExamples('docs/a.md', markdown)).toEqual([
      { file: 'docs/a.md', line: 10, code: "import a from 'a'\n\n  a()\n" },
      { file: 'docs/a.md', line: 15, code: "import type { B } from 'b'\n" },
    ])
  })
})

describe('compileExamples()', () => {
  const example = (code: string, line = 1): DocExample => ({ file: 'docs/a.md', line, code })

  it('accepts what the package exports and types rightly', { timeout: TIMEOUT_MS }, async () => {
    const code = "import { ThermoclineError } from 'thermocline'\nnew ThermoclineError('INVALID_ID', 'no')\n"
    expect(await compileExamples([example(code)])).toEqual([])
  })

  it('says where in the document an example is wrong', { timeout: TIMEOUT_MS }, async () => {
    const messages = await compileExamples([
      example("import { nothingLikeIt } from 'thermocline'\nnothingLikeIt()\n", 40),
      example("import { ThermoclineError } from 'thermocline'\n\nnew ThermoclineError(1, 'no')\n", 50),
      example("import { a } from 'thermocline/inner'\na()\n", 60),
    ])
    expect(messages).toEqual([
      expect.stringMatching(/^docs\/a\.md:40:10: error TS2305: .*nothingLikeIt/),
      expect.stringMatching(/^docs\/a\.md:52:22: error TS2345: /),
      expect.stringMatching(/^docs\/a\.md:60:19: error TS2307: /),
    ])
  })
})
