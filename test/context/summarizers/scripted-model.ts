import type { SummaryModel, SummaryPrompt } from '../../../src/context/summaries/summary-model.ts'

/** One line of a prompt's data. */
export interface DataLine {
  readonly n: number
  readonly by: string
  readonly note?: true
  readonly type?: string
  readonly day?: string
  readonly part?: string
  readonly text: string
}

/** What a model finds between the boundaries. */
export function dataLines({ data }: Pick<SummaryPrompt, 'data'>): DataLine[] {
  const lines = data.split('\n')
  return lines.slice(1, -1).map((line) => JSON.parse(line))
}

export interface ScriptedPoint {
  readonly text: string
  readonly from: readonly number[]
}

/** A model that answers by a function, and keeps what it was asked. */
export class ScriptedModel implements SummaryModel {
  readonly name = 'scripted'
  readonly prompts: SummaryPrompt[] = []
  readonly #answer: (lines: readonly DataLine[], prompt: SummaryPrompt) => readonly ScriptedPoint[] | string

  constructor(answer: (lines: readonly DataLine[], prompt: SummaryPrompt) => readonly ScriptedPoint[] | string) {
    this.#answer = answer
  }

  async generate(prompt: SummaryPrompt): Promise<{ text: string; inputTokens: number; outputTokens: number }> {
    this.prompts.push(prompt)
    const answer = this.#answer(dataLines(prompt), prompt)
    const text = typeof answer === 'string' ? answer : JSON.stringify({ points: answer })
    return { text, inputTokens: 100, outputTokens: 10 }
  }
}

/** Says every line again, with its number. */
export function echo(lines: readonly DataLine[]): ScriptedPoint[] {
  return lines.map(({ n, text }) => ({ text, from: [n] }))
}
