import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { OpenAIEncoding } from './gpt-tokenizer.ts'
import { loadPeer } from './load-peer.ts'

/** What is used of a `Tiktoken` of the package tiktoken. */
export interface TiktokenEncoder {
  /** Absent for an encoder of the caller's own ranks. */
  readonly name?: string | undefined
  /** Tokens of a text in which nothing is special. */
  encode_ordinary(text: string): { readonly length: number }
}

/**
 * The tokens of an encoding in base64, lowest rank first: from the file that tiktoken ships, whose `bpe_ranks` are lines
 * of `! <first rank> <base64> <base64> …`.
 *
 * @param locate Where the file lies. @default the copy of tiktoken that this package resolves
 * @throws ThermoclineError `PEER_MISSING` where tiktoken is not installed
 */
export async function readTiktokenRanks(
  encoding: OpenAIEncoding,
  locate: (encoding: OpenAIEncoding) => string = locateRanks,
): Promise<Iterable<string>> {
  const read = async (): Promise<Iterable<string>> => {
    const { bpe_ranks: ranks } = JSON.parse(await readFile(locate(encoding), 'latin1')) as { bpe_ranks: string }
    return tokensOf(ranks)
  }
  return loadPeer(read, {
    doing: 'count tokens',
    name: 'tiktoken',
    install: 'tiktoken@1',
    details: { encoding },
  })
}

function* tokensOf(ranks: string): Generator<string> {
  for (const line of ranks.split('\n')) {
    // After the mark and the first rank, which only goes on from the line before.
    for (let at = line.indexOf(' ', 2) + 1; at > 0 && at < line.length; ) {
      const gap = line.indexOf(' ', at)
      const end = gap < 0 ? line.length : gap
      yield line.slice(at, end)
      at = end + 1
    }
  }
}

function locateRanks(encoding: OpenAIEncoding): string {
  return createRequire(import.meta.url).resolve(`tiktoken/encoders/${encoding}.json`)
}
