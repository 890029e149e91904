import { countText } from '../item-tokens.ts'
import { clipText } from '../selection/clip-text.ts'
import type { TokenCounter } from '../token-counter.ts'
import { formatLine, type SummaryLine } from './summary-lines.ts'

/** The text of as many lines as fit, the first ones first; the last of them clipped. Empty where nothing fits. */
export async function fitLines(
  lines: readonly SummaryLine[],
  maxTokens: number,
  counter: TokenCounter,
): Promise<string> {
  const count = (text: string): Promise<number> => countText(counter, text)
  const whole = lines.map(formatLine).join('\n')
  if ((await count(whole)) <= maxTokens) return whole
  // Some counters don't add up, so it is always the very text that is counted; halving keeps that cheap.
  const texts = lines.map(formatLine)
  let fitting = 0
  let tooMany = texts.length
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1
    if ((await count(texts.slice(0, middle).join('\n'))) <= maxTokens) fitting = middle
    else tooMany = middle
  }
  const kept = texts.slice(0, fitting).join('\n')
  const next = texts[fitting]
  if (next === undefined) return kept
  const before = fitting === 0 ? '' : `${kept}\n`
  const label = formatLine({ ...(lines[fitting] as SummaryLine), text: '' })
  const clip = await clipText(next.slice(label.length), maxTokens, (text) => count(before + label + text))
  return clip === undefined ? kept : before + label + clip.text
}
