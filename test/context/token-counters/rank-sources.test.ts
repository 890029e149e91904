import { describe, expect, it } from 'vitest'
import { readGptTokenizerRanks } from '../../../src/clients/gpt-tokenizer.ts'
import { readTiktokenRanks } from '../../../src/clients/tiktoken.ts'
import { loadRankTable } from '../../../src/context/token-counters/load-rank-table.ts'
import { ThermoclineError } from '../../../src/errors.ts'

const notInstalled = (): string => {
  throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })
}

describe('the ranks', () => {
  it.each(['o200k_base', 'cl100k_base'] as const)('of %s are the same in both packages', async (encoding) => {
    const ours = await loadRankTable(encoding, ['gpt-tokenizer'])
    const theirs = await loadRankTable(encoding, ['tiktoken'])
    expect(ours.ranks.size).toBeGreaterThan(100_000)
    expect([...theirs.ranks].filter(([token, rank]) => ours.ranks.get(token) !== rank)).toEqual([])
    expect(theirs.ranks.size).toBe(ours.ranks.size)
  })

  it.each([
    ['gpt-tokenizer', readGptTokenizerRanks],
    ['tiktoken', readTiktokenRanks],
  ] as const)('say what to install where %s is missing', async (name, read) => {
    for (const locate of [notInstalled, () => '/nowhere/o200k_base']) {
      await expect(read('o200k_base', locate)).rejects.toMatchObject({
        code: 'PEER_MISSING',
        message: expect.stringContaining(`npm install ${name}`),
        cause: expect.any(Error),
      })
    }
  })

  it('come from the second package where the first is not installed, and name both where neither is', async () => {
    const missing = (name: string) => async (): Promise<never> => {
      throw new ThermoclineError('PEER_MISSING', `Cannot count tokens: package ${name} is not installed`)
    }
    const there = async (): Promise<readonly string[]> => ['YQ==', 'Yg==', 'YWI=']
    const both = ['gpt-tokenizer', 'tiktoken'] as const
    const table = await loadRankTable('o200k_base', both, {
      'gpt-tokenizer': missing('gpt-tokenizer'),
      tiktoken: there,
    })
    expect([...table.ranks]).toEqual([
      ['a', 0],
      ['b', 1],
      ['ab', 2],
    ])

    const neither = { 'gpt-tokenizer': missing('gpt-tokenizer'), tiktoken: missing('tiktoken') }
    await expect(loadRankTable('o200k_base', both, neither)).rejects.toMatchObject({
      code: 'PEER_MISSING',
      message: expect.stringMatching(/gpt-tokenizer.*tiktoken/),
    })
    await expect(loadRankTable('o200k_base', ['tiktoken'], neither)).rejects.toMatchObject({
      message: expect.not.stringContaining('gpt-tokenizer'),
    })
  })
})
