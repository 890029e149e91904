import { HELD_OUT_LEAKING_PROGRAMS } from './held-out-leaking-programs.ts'
import { HELD_OUT_STEADY_PROGRAMS } from './held-out-steady-programs.ts'
import type { LeakingProgram } from './leaking-program.ts'
import { LEAKING_PROGRAMS } from './leaking-programs.ts'
import type { Program } from './program.ts'
import { STEADY_PROGRAMS } from './steady-programs.ts'

export interface ProgramSet {
  readonly leaking: Readonly<Record<string, LeakingProgram>>
  readonly steady: Readonly<Record<string, Program>>
}

/** The judgement was made with the first, and tried on the other. */
export const PROGRAM_SET_NAMES = ['first', 'held-out'] as const
export type ProgramSetName = (typeof PROGRAM_SET_NAMES)[number]

export const PROGRAM_SETS: Readonly<Record<ProgramSetName, ProgramSet>> = {
  first: { leaking: LEAKING_PROGRAMS, steady: STEADY_PROGRAMS },
  'held-out': { leaking: HELD_OUT_LEAKING_PROGRAMS, steady: HELD_OUT_STEADY_PROGRAMS },
}
