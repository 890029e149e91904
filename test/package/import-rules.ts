import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { importsOf } from './source-imports.ts'

export interface SourceFile {
  /** From src/ on, such as "tiers/migrator.ts". */
  readonly path: string
  readonly text: string
}

/** A place is a top folder of src/, or a file there without its ending. */
export interface ImportRules {
  /** What each place may import besides itself: places, or single files by path; "*" stands for everything. */
  readonly mayImport: Readonly<Record<string, readonly string[]>>
  /** The places that may import packages, and load computed names. */
  readonly mayImportPackages: readonly string[]
  readonly maxLines: number
}

interface Edge {
  readonly from: string
  readonly to: string
}

/** What breaks the rules, one sentence each; empty if all is well. */
export function violations(files: readonly SourceFile[], rules: ImportRules): string[] {
  const paths = new Set(files.map(({ path }) => path))
  const found: string[] = []
  const edges: Edge[] = []
  for (const file of files) {
    found.push(...violationsOfFile(file, rules))
    for (const { specifier, line } of importsOf(file.text)) {
      const where = `${file.path}:${line}`
      if (specifier.startsWith('.')) {
        const to = posix.join(posix.dirname(file.path), specifier)
        if (!paths.has(to)) found.push(`${where} imports ${specifier}, which is no file of src`)
        else if (isAllowed(file.path, to, rules)) edges.push({ from: file.path, to })
        else found.push(`${where} imports ${to}: ${sayRow(place(file.path), rules)}`)
      } else if (!isBuiltin(specifier) && !rules.mayImportPackages.includes(place(file.path))) {
        found.push(`${where} imports ${specifier}: only ${rules.mayImportPackages.join(', ')} may import packages`)
      }
    }
  }
  return [...found, ...rings(edges).map((ring) => `ring: ${[...ring, ring[0]].join(' -> ')}`)]
}

function violationsOfFile({ path, text }: SourceFile, { mayImport, maxLines }: ImportRules): string[] {
  const found: string[] = []
  const lines = text.replace(/\n$/, '').split('\n').length
  if (lines > maxLines) found.push(`${path} has ${lines} lines: at most ${maxLines}`)
  const isKebabCase = path
    .replace(/\.ts$/, '')
    .split('/')
    .every((part) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(part))
  if (!isKebabCase) found.push(`${path} is not named in kebab-case`)
  if (!mayImport[place(path)]) found.push(`${path} is in no row of the import table: add one for "${place(path)}"`)
  return found
}

function place(path: string): string {
  return path.split('/')[0]!.replace(/\.ts$/, '')
}

function isAllowed(from: string, to: string, { mayImport }: ImportRules): boolean {
  const row = mayImport[place(from)] ?? []
  return place(from) === place(to) || row.includes('*') || row.includes(place(to)) || row.includes(to)
}

function sayRow(from: string, { mayImport }: ImportRules): string {
  const row = mayImport[from] ?? []
  return row.length === 0 ? `${from} may import nothing else` : `${from} may import only ${row.join(', ')}`
}

/** One ring through each file that is in one and not in a ring found before, as paths in import order. */
function rings(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to])
  const found: string[][] = []
  for (const start of [...next.keys()].sort()) {
    const ring = found.some((other) => other.includes(start)) ? undefined : shortestWayBack(start, next)
    if (ring) found.push(ring)
  }
  return found
}

function shortestWayBack(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const ways: string[][] = [[start]]
  const seen = new Set<string>()
  for (const way of ways) {
    for (const to of next.get(way.at(-1)!) ?? []) {
      if (to === start) return way
      if (!seen.has(to)) ways.push([...way, to])
      seen.add(to)
    }
  }
  return undefined
}
