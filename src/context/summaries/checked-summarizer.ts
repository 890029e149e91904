import { ThermoclineError } from '../../errors.ts'
import { kindOf } from '../../lib/check-names.ts'
import { countText } from '../item-tokens.ts'
import { clipText } from '../selection/clip-text.ts'
import type { TokenCounter } from '../token-counter.ts'
import { isUntrusted, isUntrustedOrigin } from './item-origin.ts'
import { labelsLines } from './labelling-summarizers.ts'
import type { SummarizeRequest, Summarizer, Summary } from './summarizer.ts'
import { parseLines, withoutForgedLabels } from './summary-lines.ts'
import type { ModelFailure } from './summary-model.ts'

/**
 * A summarizer of somebody's, with answers that can be stored and shown: what it gives is a summary, says something, is
 * well-formed text, labels nothing as more trusted than it is, and is cut to the tokens that it may have. Its `summarize` throws `MODEL_FAILED` where it is not.
 */
export function checkedSummarizer(summarizer: Summarizer, counter: TokenCounter): Summarizer {
  return {
    name: summarizer.name,
    async summarize(request: SummarizeRequest): Promise<Summary> {
      const made = checkAnswer(summarizer.name, await summarizer.summarize(request))
      const text = made.text.toWellFormed()
      if (text.trim() === '' && request.items.some(({ content }) => content.trim() !== '')) {
        throw unusable(summarizer.name, 'empty', 'no text')
      }
      const labelled = labelsLines(summarizer)
        ? text
        : withoutForgedLabels(text, request.previous ?? '', originOf(request))
      if ((await countText(counter, labelled)) <= request.maxTokens) return { ...made, text: labelled }
      const clip = await clipText(labelled, request.maxTokens, (part) => countText(counter, part))
      return { ...made, text: clip?.text ?? '' }
    },
  }
}

/** As trusted as what it was made from: what of that went into which line, nobody says. */
function originOf({ previous = '', items }: SummarizeRequest): 'note' | 'untrusted' {
  const isBuiltOnUntrusted = parseLines(previous).some(({ origin }) => isUntrustedOrigin(origin))
  return isBuiltOnUntrusted || items.some(isUntrusted) ? 'untrusted' : 'note'
}

/** Not every summarizer is written in TypeScript. */
function checkAnswer(name: string, answer: unknown): Summary {
  const { text, model, promptVersion } = (answer ?? {}) as Partial<Record<keyof Summary, unknown>>
  if (typeof text !== 'string') throw unusable(name, 'malformed', `${kindOf(text)} as its text`)
  if (typeof model !== 'string') throw unusable(name, 'malformed', `${kindOf(model)} as its model`)
  if (!Number.isSafeInteger(promptVersion)) {
    throw unusable(name, 'malformed', `${kindOf(promptVersion)} as its promptVersion`)
  }
  return answer as Summary
}

function unusable(name: string, reason: ModelFailure, received: string): ThermoclineError {
  const expected = 'expected { text, model, promptVersion }'
  return new ThermoclineError(
    'MODEL_FAILED',
    `Cannot summarize with ${name}: ${reason} answer: ${expected}: received ${received}`,
    { details: { reason } },
  )
}
