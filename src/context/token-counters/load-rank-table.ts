import { type OpenAIEncoding, readGptTokenizerRanks } from '../../clients/gpt-tokenizer.ts'
import { readTiktokenRanks } from '../../clients/tiktoken.ts'
import { isThermoclineError, ThermoclineError } from '../../errors.ts'
import { makeRankTable, type RankTable } from './rank-table.ts'

/** A package that ships OpenAI's ranks. */
export type RankSource = 'gpt-tokenizer' | 'tiktoken'

type ReadRanks = (encoding: OpenAIEncoding) => Promise<Iterable<string>>

const READERS: Readonly<Record<RankSource, ReadRanks>> = Object.freeze({
  'gpt-tokenizer': (encoding: OpenAIEncoding) => readGptTokenizerRanks(encoding),
  tiktoken: (encoding: OpenAIEncoding) => readTiktokenRanks(encoding),
})

export const RANK_SOURCES: readonly RankSource[] = Object.freeze(Object.keys(READERS) as RankSource[])

/**
 * The ranks of an encoding, from the first of the packages that is installed.
 * @throws ThermoclineError `PEER_MISSING` where none is
 */
export async function loadRankTable(
  encoding: OpenAIEncoding,
  sources: readonly RankSource[] = RANK_SOURCES,
  readers: Readonly<Record<RankSource, ReadRanks>> = READERS,
): Promise<RankTable> {
  let cause: unknown
  for (const source of sources) {
    try {
      return await makeRankTable(await readers[source](encoding))
    } catch (error) {
      if (!isThermoclineError(error, 'PEER_MISSING')) throw error
      cause ??= error
    }
  }
  throw new ThermoclineError(
    'PEER_MISSING',
    `Cannot count tokens: package ${sources.join(' or ')} is not installed: run "npm install ${sources[0]}", or use another tokenCounter`,
    { cause, details: { packages: sources, encoding } },
  )
}
