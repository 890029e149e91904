// A worker as a process of its own, for its parent to kill. Its plan is the only argument, as JSON.
import { existsSync, writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { LineJournal } from '../support/line-journal.ts'
import type { JournalLine } from './journal.ts'
import { SEEDED_BUGS } from './seeded-bugs.ts'
import { Worker, type WorkerPlan } from './worker.ts'

export interface WorkerProcessPlan extends WorkerPlan {
  readonly journal: string
  /** A folder that workers share. */
  readonly compileCache: string
  /** A bug that it has, and a file that says that it was found. */
  readonly bug?: { readonly name: string; readonly found: string }
}

const LOOK_EVERY_MS = 100

const plan = JSON.parse(process.argv[2]!) as WorkerProcessPlan
const { bug } = plan
if (bug !== undefined) {
  SEEDED_BUGS[bug.name]!.patch()
  setInterval(() => existsSync(bug.found) && process.exit(), LOOK_EVERY_MS).unref()
}
const journal = new LineJournal<JournalLine>(plan.journal)
await new Worker(plan, journal).run(() => {
  // Those that are killed would leave nothing to the next.
  flushCompileCache()
  writeSync(process.stdout.fd, 'ready\n')
})
