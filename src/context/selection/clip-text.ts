/** Stands at the end of a content that was cut to fit a budget. */
export const CLIP_MARK = ' […clipped]'

// How far around a cut characters are looked at to find where one ends, as people see them.
const GRAPHEME_REACH = 128
// Made when first needed: it takes longer than all else that importing this package does.
let segmenter: Intl.Segmenter | undefined

export interface ClippedText {
  readonly text: string
  readonly tokens: number
}

/**
 * The beginning of the text with {@link CLIP_MARK}, in at most that many tokens by a count of the very answer, at least
 * one character of it; undefined where no such thing fits. Within a hundredth of the most that fits, so that a long
 * text is not counted dozens of times.
 */
export async function clipText(
  text: string,
  maxTokens: number,
  count: (text: string) => number | Promise<number>,
): Promise<ClippedText | undefined> {
  let best: ClippedText | undefined
  let fitting = 0
  let tooLong = text.length
  // Four characters are about a token; from there up by doubling, then by halving the gap.
  let chars = Math.min(Math.max(1, maxTokens * 4), text.length - 1)
  while (chars > fitting && chars < tooLong) {
    const clipped = text.slice(0, cutBefore(text, chars)) + CLIP_MARK
    const tokens = await count(clipped)
    if (tokens <= maxTokens) {
      best = { text: clipped, tokens }
      fitting = chars
    } else tooLong = chars
    if (tooLong - fitting <= fitting / 100) break
    chars = tooLong === text.length ? Math.min(fitting * 2, text.length - 1) : (fitting + tooLong) >> 1
  }
  return best
}

/** The last place up to `index` between two characters as people see them; after the first one where that is 0. */
function cutBefore(text: string, index: number): number {
  const from = wholeCodePoint(text, Math.max(0, index - GRAPHEME_REACH))
  const near = text.slice(from, wholeCodePoint(text, index + GRAPHEME_REACH))
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const { index: start, segment } = segmenter.segment(near).containing(index - from) ?? { index: 0, segment: near }
  if (start > 0) return from + start
  if (from === 0 && segment.length < near.length) return segment.length
  // A character longer than the reach (marks can be piled up without end) is cut between code points.
  return wholeCodePoint(text, index) || wholeCodePoint(text, index + 1)
}

function wholeCodePoint(text: string, index: number): number {
  const splitsPair = isHigh(text.charCodeAt(index - 1)) && isLow(text.charCodeAt(index))
  return splitsPair ? index - 1 : index
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
