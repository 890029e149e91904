import { type DurableFault, type FaultPlan, randomFaults } from '../../src/testing/index.ts'

/**
 * Faults that trying again heals. A commit is not repeatable, since its own effect makes the second try a conflict, so
 * its replies are not lost here.
 */
export function harmlessFaults(seed: number): FaultPlan<DurableFault> {
  const any = randomFaults<DurableFault>({ seed, rate: 0.25, kinds: ['refuse', 'lose-reply'] })
  const refusals = randomFaults<DurableFault>({ seed: seed + 1, rate: 0.25, kinds: ['refuse'] })
  return (call) => (call.operation === 'commit' ? refusals(call) : any(call))
}
