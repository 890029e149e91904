import { checkNames } from '../lib/check-names.ts'
import { checkNumberOption } from '../lib/check-options.ts'
import type { MemoryItem } from '../memory/memory-item.ts'
import { type MediaKind, markedMedia } from './formats/media-mark.ts'
import { CLIP_MARK } from './selection/clip-text.ts'

/** Tokens of one part of each kind, integers of at least 0. @default 0 */
export type MediaTokens = { readonly [kind in MediaKind]?: number }

const KINDS: readonly MediaKind[] = ['image', 'audio', 'video', 'file']

/**
 * For `extraTokens`: so many tokens for each image, audio, video or other file of a message, by the marks that `fromOpenAI`,
 * `fromGemini` and the like put into the content. Nothing for a clipped item, which goes out as text.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function mediaTokens(tokens: MediaTokens): (item: MemoryItem) => number {
  checkNames('INVALID_OPTION', 'Cannot count media', tokens, KINDS)
  for (const kind of KINDS) checkNumberOption(kind, tokens[kind] ?? 0, [0, 1_000_000, true])
  const costs = new Map(KINDS.map((kind) => [kind, tokens[kind] ?? 0]))
  return ({ content }) => {
    if (!content.includes('[') || content.endsWith(CLIP_MARK)) return 0
    let sum = 0
    for (const kind of markedMedia(content)) sum += costs.get(kind) ?? 0
    return sum
  }
}
