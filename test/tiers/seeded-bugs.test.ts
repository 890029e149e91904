import { afterAll, describe, expect, it } from 'vitest'
import { runPrograms, STAGES } from '../support/program/run-programs.ts'
import { SEEDED_BUGS } from '../support/program/seeded-bugs.ts'

/** As many as CI runs, of one stage. */
const MAX_OPERATIONS = 10_000

describe('random programs find out that', () => {
  const found: string[] = []

  afterAll(() => console.log(`operations until a bug was found:\n${found.join('\n')}`))

  it.each(Object.entries(SEEDED_BUGS))(
    '%s',
    async (name, { stage = 'in-process', wrap, patch }) => {
      const undo = patch?.()
      try {
        const { operations, failure } = await runPrograms({
          stage: STAGES[stage]!,
          seed: 1,
          operations: MAX_OPERATIONS,
          shrink: false,
          ...(wrap && { wrap }),
        })
        found.push(`${String(operations).padStart(6)}  ${name}`)
        expect(failure).toBeDefined()
      } finally {
        undo?.()
      }
    },
    60_000,
  )
})
