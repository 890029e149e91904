// Loaded into the command line before its own code: has it die at a certain call or step of its store.
import { subscribe } from 'node:diagnostics_channel'
import { writeSync } from 'node:fs'
import { STEP_CHANNEL, STORE_CHANNEL } from '../../../src/lib/trace.ts'
import { KILL_PLAN_VARIABLE, type KillPlan, READY_FD } from './kill-plan.ts'

const text = process.env[KILL_PLAN_VARIABLE]
const plan = text === undefined ? undefined : (JSON.parse(text) as KillPlan)
let [calls, steps] = [0, 0]

subscribe(STORE_CHANNEL, () => {
  if (++calls === 1) writeSync(READY_FD, 'r')
  if (plan?.kind === 'at call' && calls === plan.count) process.kill(process.pid, 'SIGKILL')
})
subscribe(STEP_CHANNEL, () => {
  if (plan?.kind === 'at step' && ++steps === plan.count) process.kill(process.pid, 'SIGKILL')
})
