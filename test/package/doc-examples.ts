import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PINNED_NODE, ROOT } from './repository.ts'

export interface DocExample {
  /** From the folder of the repository on. */
  readonly file: string
  /** Where its first line stands in that file. */
  readonly line: number
  readonly code: string
}

const FENCE = /^([ \t]*)```ts[ \t]*\n([\s\S]*?)^[ \t]*```[ \t]*$/gm

/** The complete examples of a document: its ```ts blocks that import something. The others are fragments. */
export function docExamples(file: string, markdown: string): DocExample[] {
  return [...markdown.replaceAll('\r\n', '\n').matchAll(FENCE)]
    .map(({ index, 1: indent, 2: block }) => ({
      file,
      line: markdown.slice(0, index).split('\n').length + 1,
      code: block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }))
    .filter(({ code }) => /^import\b/m.test(code))
}

const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  skipLibCheck: true,
  noEmit: true,
}

/** Type-checks examples against the built package. Gives tsc's messages, each with its place in the document. */
export async function compileExamples(examples: readonly DocExample[]): Promise<string[]> {
  if (examples.length === 0) return []
  // Inside the repository, so that the package resolves to itself by its name, as it does for users.
  const folder = mkdtempSync(join(ROOT, '.doc-examples-'))
  try {
    const byName = new Map(examples.map((example, i) => [`${i}.ts`, example]))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['*.ts'] }),
    )
    for (const [name, { line, code }] of byName) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      // As many empty lines in front as in the document, so that tsc's line is the document's.
      writeFileSync(join(folder, name), '\n'.repeat(line - 1) + code)
    }
    const output = await tsc(folder)
    const messages = output.split('\n').filter((text) => text.trim() !== '')
    return messages.map((text) =>
      text.replace(/^\S*?(\d+\.ts)\((\d+),(\d+)\)/, (whole, name: string, line, column) => {
        const example = byName.get(basename(name))
        return example ? `${example.file}:${line}:${column}` : whole
      }),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tsc(project: string): Promise<string> {
  const args = [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--pretty', 'false', '--project', project]
  return new Promise((resolve) => {
    execFile(PINNED_NODE, args, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve(stdout || stderr || (error ? error.message : ''))
    })
  })
}
