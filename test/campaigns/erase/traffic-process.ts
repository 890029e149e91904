// A share of the traffic as a process of its own, for its parent to kill. Its plan is the only argument, as JSON.
import { subscribe } from 'node:diagnostics_channel'
import { existsSync, writeFileSync, writeSync } from 'node:fs'
import { inspect } from 'node:util'
import { STEP_CHANNEL, STORE_CHANNEL, type StepEvent, type StoreCallEvent } from '../../../src/lib/trace.ts'
import { LineJournal } from '../support/line-journal.ts'
import type { JournalLine } from './journal.ts'
import { Traffic, type TrafficPlan } from './traffic.ts'

export interface ProcessPlan extends TrafficPlan {
  readonly journal: string
  readonly rounds: number
  /** A folder that processes share: a file in it says that a user is being erased. */
  readonly signs: string
  /** A folder that processes share. */
  readonly compileCache: string
  /** It kills itself when it comes to this step for this time, counted from 1. */
  readonly killAt?: { readonly step: string; readonly occurrence: number }
}

const plan = JSON.parse(process.argv[2]!) as ProcessPlan
const { killAt, signs } = plan
let seen = 0
subscribe(STEP_CHANNEL, (message) => {
  if (killAt !== undefined && (message as StepEvent).step === killAt.step && ++seen >= killAt.occurrence)
    process.kill(process.pid, 'SIGKILL')
})
// As a logger would.
subscribe(STORE_CHANNEL, (message) => {
  if ((message as StoreCallEvent).error !== undefined) print(inspect(message, { depth: 10 }))
})

function print(text: string): void {
  process.stderr.write(`${text}\n`)
}

if (plan.role === 'erase') for (const user of plan.victims) writeFileSync(`${signs}/erasing-${user}`, '')
const isBeingErased = (user: number): boolean => existsSync(`${signs}/erasing-${user}`)
using journal = new LineJournal<JournalLine>(plan.journal)
await new Traffic(plan, journal, print, isBeingErased).run(plan.rounds, () => writeSync(process.stdout.fd, 'ready\n'))
