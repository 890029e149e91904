import type { SummaryModel, SummaryModelAnswer, SummaryPrompt, TokenCounter } from '../../dist/context/index.js'

interface Line {
  readonly n: number
  readonly text: string
}

/** Tokens of text that an answer has, and so about what a summary has. */
const ANSWER_TOKENS = 800

/** Stands in for a language model: notes the newest lines that it is given, and counts what it was sent and said. */
export class RecordingModel implements SummaryModel {
  readonly name = 'recording'
  calls = 0
  inputTokens = 0
  outputTokens = 0
  readonly #counter: TokenCounter

  constructor(counter: TokenCounter) {
    this.#counter = counter
  }

  async generate({ instructions, data, schema }: SummaryPrompt): Promise<SummaryModelAnswer> {
    const inputTokens = await this.#counter.count(`${instructions}\n${data}\n${JSON.stringify(schema)}`)
    const lines: readonly Line[] = data
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line))
    const points: { text: string; from: readonly number[] }[] = []
    let left = ANSWER_TOKENS
    for (const { n, text } of lines.toReversed()) {
      left -= await this.#counter.count(text)
      if (left < 0) break
      points.unshift({ text, from: [n] })
    }
    const answer = JSON.stringify({ points })
    const outputTokens = await this.#counter.count(answer)
    this.calls += 1
    this.inputTokens += inputTokens
    this.outputTokens += outputTokens
    return { text: answer, inputTokens, outputTokens }
  }
}
