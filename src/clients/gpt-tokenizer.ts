import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { loadPeer } from './load-peer.ts'

/** The encodings of OpenAI's models: `o200k_base` since GPT-4o, `cl100k_base` for GPT-4 and GPT-3.5. */
export type OpenAIEncoding = 'o200k_base' | 'cl100k_base'

/**
 * The tokens of an encoding in base64, lowest rank first: from OpenAI's own file as gpt-tokenizer ships it, one
 * `<base64> <rank>` a line. The file rather than the library's module of the same ranks, because importing that one
 * holds the event loop for 100 ms.
 *
 * @param locate Where the file lies. @default the copy of gpt-tokenizer that this package resolves
 * @throws ThermoclineError `PEER_MISSING` where gpt-tokenizer is not installed
 */
export async function readGptTokenizerRanks(
  encoding: OpenAIEncoding,
  locate: (encoding: OpenAIEncoding) => string = locateRanks,
): Promise<Iterable<string>> {
  return loadPeer(async () => tokensOf(await readFile(locate(encoding), 'latin1')), {
    doing: 'count tokens',
    name: 'gpt-tokenizer',
    install: 'gpt-tokenizer@4',
    details: { encoding },
  })
}

function* tokensOf(file: string): Generator<string> {
  for (let at = 0; at < file.length; ) {
    const gap = file.indexOf(' ', at)
    yield file.slice(at, gap)
    const lineEnd = file.indexOf('\n', gap)
    at = lineEnd < 0 ? file.length : lineEnd + 1
  }
}

function locateRanks(encoding: OpenAIEncoding): string {
  return createRequire(import.meta.url).resolve(`gpt-tokenizer/data/${encoding}.tiktoken`)
}
