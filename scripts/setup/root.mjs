import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The absolute path of a file of the repository. */
export function inRoot(...parts) {
  return join(ROOT, ...parts)
}
