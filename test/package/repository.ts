import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, with a slash at its end. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** The Node that this repository pins. */
export const PINNED_NODE: string = `${ROOT}node_modules/.bin/node`

export interface PackageFile {
  readonly name: string
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | Readonly<Record<'types' | 'default', string>>>>
}

export function readPackageFile(): PackageFile {
  return JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as PackageFile
}

/** What users can import: "thermocline", "thermocline/context" and so on. */
export function importNames({ name, exports }: PackageFile): string[] {
  const subpaths = Object.keys(exports).filter((subpath) => subpath !== './package.json')
  return subpaths.map((subpath) => name + subpath.slice(1))
}
