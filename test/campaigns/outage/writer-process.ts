// A writer as a process of its own. Its plan is the only argument, as JSON.
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { LineJournal } from '../support/line-journal.ts'
import { told } from '../support/told-process.ts'
import type { JournalLine } from './journal.ts'
import { Writer, type WriterPlan } from './writer.ts'

export interface WriterProcessPlan extends WriterPlan {
  readonly journal: string
  /** A folder that writers share. */
  readonly compileCache: string
}

const plan = JSON.parse(process.argv[2]!) as WriterProcessPlan
const journal = new LineJournal<JournalLine>(plan.journal)
const over = new AbortController()
void told().then(() => over.abort())
const onReady = (): void => {
  flushCompileCache()
  writeSync(process.stdout.fd, 'ready\n')
}
await new Writer(plan, journal).run(onReady, over.signal)
process.exit()
