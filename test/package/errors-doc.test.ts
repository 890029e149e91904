import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/errors.ts'
import { ROOT } from './repository.ts'

const HEADING = /^#{2,4} +`?([A-Z][A-Z0-9_]+)`?\s*$/gm

describe('docs/errors.md', () => {
  it('has a heading for each error code, and for no other', () => {
    const headings = [...readFileSync(`${ROOT}docs/errors.md`, 'utf8').matchAll(HEADING)].map(([, code]) => code)
    expect(headings.sort()).toEqual([...ERROR_CODES].sort())
  })
})
