// A writer as a process of its own, for its parent to kill. Its plan is the only argument, as JSON.
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { STEP_CHANNEL, type StepEvent } from '../../../src/lib/trace.ts'
import { LineJournal } from '../support/line-journal.ts'
import type { JournalLine } from './journal.ts'
import { Writer, type WriterPlan } from './writer.ts'

export interface WriterProcessPlan extends WriterPlan {
  readonly journal: string
  readonly rounds: number
  /** A folder that writers share. */
  readonly compileCache: string
  /** It kills itself when it comes to this step for this time, counted from 1. */
  readonly killAt?: { readonly step: string; readonly occurrence: number }
}

const plan = JSON.parse(process.argv[2]!) as WriterProcessPlan
const journal = new LineJournal<JournalLine>(plan.journal)
const { killAt } = plan
if (killAt !== undefined) {
  let seen = 0
  subscribe(STEP_CHANNEL, (message) => {
    if ((message as StepEvent).step !== killAt.step || ++seen < killAt.occurrence) return
    journal.write({ kind: 'step', ...killAt })
    process.kill(process.pid, 'SIGKILL')
  })
}
await new Writer(plan, journal).run(plan.rounds, () => writeSync(process.stdout.fd, 'ready\n'))
