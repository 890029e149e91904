#!/usr/bin/env node
import { runCli } from './run-cli.ts'
import { Terminal } from './terminal.ts'

// A reader such as `head` may leave before we are done: nothing is left to say then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await runCli(process.argv.slice(2), new Terminal(process.stdout), new Terminal(process.stderr))
