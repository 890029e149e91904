import { describe, expect, it } from 'vitest'
import { readOpenAIRanks } from '../../../src/clients/gpt-tokenizer.ts'
import { isThermoclineError } from '../../../src/errors.ts'

describe('readOpenAIRanks()', () => {
  it('says what to install where the package is missing', async () => {
    const missing = (): string => {
      throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
    }
    for (const locate of [missing, () => '/nowhere/o200k_base.tiktoken']) {
      const error = await readOpenAIRanks('o200k_base', locate).catch((reason: unknown) => reason)
      expect(isThermoclineError(error, 'PEER_MISSING')).toBe(true)
      expect((error as Error).message).toContain('npm install gpt-tokenizer')
      expect((error as Error).cause).toBeInstanceOf(Error)
    }
  })

  it('finds the file of each encoding in the installed package', async () => {
    expect((await readOpenAIRanks('cl100k_base')).startsWith('IQ== 0\n')).toBe(true)
    expect((await readOpenAIRanks('o200k_base')).length).toBeGreaterThan(3_000_000)
  })
})
