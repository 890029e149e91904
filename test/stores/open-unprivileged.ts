/** Opens the store at the given path as somebody to whom modes apply, and prints the code of the error. */
import { isThermoclineError } from '../../src/errors.ts'
import { sqliteDurableStore } from '../../src/stores/sqlite/durable-store.ts'

const NOBODY = 65_534
const store = sqliteDurableStore({ path: process.argv[2]! })
// Everything is loaded by now except node:sqlite, which needs no file. Nothing is read-only to root.
if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}
const outcome = await store.open().then(
  () => 'opened',
  (error: unknown) => (isThermoclineError(error) ? error.code : String(error)),
)
console.log(outcome)
