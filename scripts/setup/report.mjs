/** One calm line for the person who waits; standard output stays the caller's. */
export function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

export function exitUnless(ok) {
  if (!ok) process.exit(1)
}
