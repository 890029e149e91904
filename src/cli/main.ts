#!/usr/bin/env node
import { unsuitedNode } from './node-version.ts'

// A reader such as `head` may leave before we are done: nothing is left to say then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const problem = unsuitedNode(process.versions.node)
if (problem === undefined) {
  // Only now: on an older Node, loading the rest would end in a stack trace.
  const { runCli } = await import('./run-cli.ts')
  process.exitCode = await runCli(process.argv.slice(2))
  // A signal means now, even where a reader of our output has stopped reading and the rest of it waits.
  if (process.exitCode > 128) process.exit()
} else {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 1
}
