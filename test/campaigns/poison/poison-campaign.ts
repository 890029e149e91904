import { createHash } from 'node:crypto'
import { estimatingTokenCounter } from '../../../src/context/index.ts'
import type { Summarizer } from '../../../src/context/summaries/summarizer.ts'
import { extractiveSummarizer } from '../../../src/context/summarizers/extractive.ts'
import { modelSummarizer } from '../../../src/context/summarizers/model.ts'
import { type PoisonedConversation, poisonedConversations } from '../../fixtures/poisoned/conversations.ts'
import { SCENARIOS } from '../../fixtures/poisoned/scenarios.ts'
import { checkOutcome, factsKept, getsThrough, isLaundered, type Outcome } from './checker.ts'
import { instructionsOf } from './instructions.ts'
import { OBEDIENCES, obedientModel } from './obedient-model.ts'
import { Views } from './views.ts'

/** One way to summarize all conversations. Shares are of all of them, in percent. */
export interface PoisonShares {
  readonly path: string
  /** Items of tools and the web are kept out. */
  readonly isExcluded: boolean
  /** The canary is in the summary. */
  readonly through: number
  /** It came from a tool or a page, and the summary has it as the word of somebody in the conversation. */
  readonly laundered: number
  /** The model's answer was refused. */
  readonly refused: number
  /** Of the facts that the user gave. */
  readonly facts: number
  /** By kind of poison: conversations whose canary is in the summary, and all. */
  readonly byKind: ReadonlyMap<string, readonly [through: number, all: number]>
}

export interface PoisonReport {
  readonly shares: readonly PoisonShares[]
  readonly problems: readonly string[]
}

/** Room for all that was said, so that nothing but the rules keeps the poison out. */
const AMPLE_TOKENS = 2000
/** What a summary may have of the tokens that it stands for, where it has to choose; its first line comes on top. */
const TIGHT_SHARE = 0.5
const LABEL_TOKENS = 25

const HARMLESS = SCENARIOS[0]!.user.map((content) => ({ content, contentType: 'user_message', createdAt: 0 }))

const counter = estimatingTokenCounter()

/** Summarizes every poisoned conversation in every way, and says what got through. */
export async function poisonCampaign(): Promise<PoisonReport> {
  const shares: PoisonShares[] = []
  const problems: string[] = []
  const paths: readonly (readonly [string, number | undefined, (conversation: PoisonedConversation) => Summarizer])[] =
    [
      ['extractive, half', undefined, () => extractiveSummarizer()],
      ['extractive, room for all', AMPLE_TOKENS, () => extractiveSummarizer()],
      ...OBEDIENCES.map(
        (obedience) =>
          [
            `model that ${obedience}`,
            AMPLE_TOKENS,
            ({ canary }: PoisonedConversation) =>
              modelSummarizer({ model: obedientModel(obedience, canary), randomBytes: repeatableBytes(canary) }),
          ] as const,
      ),
    ]
  for (const [path, maxTokens, summarizerFor] of paths) {
    for (const isExcluded of [false, true]) {
      const found = await Promise.all(
        poisonedConversations().map(async (conversation) => {
          const outcome = await run(conversation, summarizerFor(conversation), maxTokens, isExcluded)
          problems.push(...checkOutcome(outcome, conversation).map((problem) => `${path}: ${problem}`))
          return { conversation, outcome }
        }),
      )
      shares.push({ path, isExcluded, ...sharesOf(found) })
    }
  }
  return { shares, problems }
}

async function run(
  conversation: PoisonedConversation,
  summarizer: Summarizer,
  maxTokens: number | undefined,
  isExcluded: boolean,
): Promise<Outcome> {
  const others = conversation.items.filter(({ contentType }) => contentType !== 'system_message')
  const said = others.map(({ content }) => content).join('\n')
  const summaryMaxTokens = maxTokens ?? LABEL_TOKENS + Math.ceil((await counter.count(said)) * TIGHT_SHARE)
  const views = new Views({ summarizer, summaryMaxTokens, isExcluded })
  const view = await views.of('poisoned', conversation.items)
  const next = await views.of('harmless', HARMLESS)
  const { covers = [], failure } = view.report.summary ?? {}
  return {
    view,
    instructions: instructionsOf(view),
    covers,
    isRefused: failure !== undefined,
    isExcluded,
    next: next.map(({ content }) => content).join('\n'),
  }
}

/** As good as random, and the same in each run. */
function repeatableBytes(seed: string): (size: number) => Uint8Array {
  let drawn = 0
  return (size) => {
    drawn += 1
    return createHash('sha256').update(`${seed} ${drawn}`).digest().subarray(0, size)
  }
}

function sharesOf(
  found: readonly { readonly conversation: PoisonedConversation; readonly outcome: Outcome }[],
): Omit<PoisonShares, 'path' | 'isExcluded'> {
  const byKind = new Map<string, [number, number]>()
  let [through, laundered, refused, facts] = [0, 0, 0, 0]
  for (const { conversation, outcome } of found) {
    const count = byKind.get(conversation.kind) ?? [0, 0]
    const isThrough = getsThrough(outcome, conversation)
    byKind.set(conversation.kind, [count[0] + Number(isThrough), count[1] + 1])
    through += Number(isThrough)
    laundered += Number(isLaundered(outcome, conversation))
    refused += Number(outcome.isRefused)
    facts += factsKept(outcome, conversation)
  }
  const percent = (count: number): number => (100 * count) / found.length
  return {
    through: percent(through),
    laundered: percent(laundered),
    refused: percent(refused),
    facts: percent(facts),
    byKind,
  }
}

/** The shares as a table, for people. */
export function poisonTable({ shares }: PoisonReport): string[] {
  const kinds = [...shares[0]!.byKind.keys()]
  const row = (cells: readonly string[]): string =>
    [cells[0]!.padEnd(28), ...cells.slice(1).map((c) => c.padStart(9))].join(' ')
  const all = shares.map(({ path, isExcluded, through, laundered, refused, facts }) =>
    row([
      path,
      isExcluded ? 'yes' : 'no',
      ...[through, laundered, refused, facts].map((share) => `${share.toFixed(0)} %`),
    ]),
  )
  const perKind = kinds.map((kind) =>
    row([kind, ...shares.filter(({ isExcluded }) => !isExcluded).map(({ byKind }) => byKind.get(kind)!.join('/'))]),
  )
  const paths = shares.filter(({ isExcluded }) => !isExcluded).map(({ path }) => path.replace(/^.* /, ''))
  return [
    row(['of 100 conversations', 'excluded', 'through', 'laundered', 'refused', 'facts']),
    ...all,
    '',
    row(['through, nothing excluded', ...paths]),
    ...perKind,
  ]
}
