import { describe, expect, it } from 'vitest'
import { SEEDED_BUGS } from './seeded-bugs.ts'

describe('a bug for the race campaign still fits the code it is put into', () => {
  it.each(Object.entries(SEEDED_BUGS))('%s', (_name, { patch }) => {
    expect(patch).not.toThrow()
  })
})
