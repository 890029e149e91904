import type { MemoryItem, MigrationReport, Tier, TierCounts } from '../../index.ts'
import type { Style, Terminal } from '../terminal.ts'
import {
  box,
  clip,
  displayWidth,
  formatBytes,
  formatCount,
  formatMs,
  median,
  padEnd,
  padStart,
  plural,
  shares,
} from '../text-layout.ts'
import { TIERS } from '../tiers.ts'
import type { Conversation } from './conversation.ts'
import type { PlaceReadings } from './hot/measure-reads.ts'
import type { PrunedContext } from './prune-context.ts'
import type { ReadBack } from './read-back.ts'

const COLOURS: { readonly [tier in Tier]: Style } = { hot: 'red', warm: 'yellow', cold: 'cyan' }
/** Told apart without colours too. */
const BLOCKS: { readonly [tier in Tier]: string } = { hot: '█', warm: '▓', cold: '░' }
/** Lines of the pruned context that are shown: a short one whole, of a longer one the first and the last. */
const SHOWN_LINES = 7
const SHOWN_FIRST = 3
const SHOWN_LAST = 2
const SUMMARY_LINES = 3
const READING_COLUMNS = 10

/** Prints what the demo does, section by section. */
export class Screen {
  readonly #terminal: Terminal
  readonly #conversation: Conversation
  #section = 0

  constructor(terminal: Terminal, conversation: Conversation) {
    this.#terminal = terminal
    this.#conversation = conversation
  }

  /** What it came to, in a box at the end. */
  summary(rows: readonly (readonly [name: string, text: string])[]): void {
    const columns = this.#terminal.columns
    const lines = rows.map(([name, text]) => padEnd(name, 10) + clip(text, columns - 18))
    this.#terminal.line()
    for (const line of box(lines, columns - 4)) this.#terminal.line(`  ${line}`)
    this.#terminal.line()
  }

  section(title: string, ...about: readonly string[]): void {
    this.#section += 1
    this.#terminal.line(`\n  ${this.#terminal.paint('bold', `${this.#section}  ${title}`)}`)
    for (const line of about) this.say(this.#terminal.paint('dim', line))
  }

  /** A section about a session, whose ids may be long: they are cut so that what follows them stays. */
  sessionSection(title: string, session: string, what: string): void {
    this.section(title, clip(session, this.#terminal.columns - 5 - displayWidth(what)) + what)
  }

  say(line: string): void {
    this.#terminal.line(`     ${line}`)
  }

  done(line: string): void {
    this.#terminal.line(`   ${this.#terminal.paint('green', '✓')} ${line}`)
  }

  tierHeadings(): void {
    const names = TIERS.map((tier) => this.#tier(tier, padStart(tier, 6))).join('')
    this.say(`${padEnd('', 12 + this.#barColumns)}${names}${padStart('stored', 11)}`)
  }

  /** Where everything lies at a time. */
  tiers(time: number, census: TierCounts): void {
    const total = this.#conversation.items.length
    const counts = TIERS.map((tier) => census[tier].items)
    const cells = shares(counts, total, this.#barColumns)
    const bar = TIERS.map((tier, i) => this.#tier(tier, BLOCKS[tier].repeat(cells[i]!))).join('')
    const numbers = counts.map((count) => padStart(count === 0 ? '·' : formatCount(count), 6)).join('')
    const bytes = TIERS.reduce((sum, tier) => sum + census[tier].bytes, 0)
    this.say(
      `${dateOf(time)}  ${padEnd(bar, this.#barColumns)}${numbers}${this.#terminal.paint('dim', padStart(formatBytes(bytes), 11))}`,
    )
  }

  /** What a sweep moved; nothing where it moved nothing. */
  sweep({ sealed, archived, rehydrated, ratio, durationMs }: MigrationReport): void {
    const parts = [
      [sealed, 'sealed'],
      [archived, 'to cold'],
      [rehydrated, 'back to warm'],
    ] as const
    const moved = parts.filter(([{ items }]) => items > 0)
    if (moved.length === 0) return
    const what = moved.map(
      ([{ items }, where], i) => `${i === 0 ? plural(items, 'item') : formatCount(items)} ${where}`,
    )
    const [raw, stored] = [sum(moved, 'rawBytes'), sum(moved, 'bytes')]
    const line = `swept: ${what.join(', ')}, ${formatBytes(raw)} → ${formatBytes(stored)} (${ratio.toFixed(1)}x) in ${formatMs(durationMs)}`
    this.say(this.#terminal.paint('dim', `${padEnd('', 12)}${clip(line, this.#terminal.columns - 18)}`))
  }

  readings(found: ReadBack, census: TierCounts): void {
    const row = (cells: readonly string[]): string => cells.map((text) => padStart(text, READING_COLUMNS)).join('')
    const heading = row(['items', 'stored', 'sessions', 'first', 'cached', 'by id'])
    this.say(this.#terminal.paint('dim', `${padEnd('', 4)}${heading}`))
    for (const tier of TIERS) {
      const { items, sessions, first, copy, byId } = found[tier]
      if (items === 0) continue
      const numbers = row([
        formatCount(items),
        formatBytes(census[tier].bytes),
        formatCount(sessions),
        ...[first, copy, byId].map((times) => (times.length === 0 ? '' : formatMs(median(times)))),
      ])
      this.say(`${this.#tier(tier, padEnd(tier, 4))}${numbers}`.trimEnd())
    }
  }

  /** What the same read takes from each place. */
  places(readings: readonly PlaceReadings[]): void {
    const most = Math.max(...readings.map(({ medianMs }) => medianMs))
    for (const { name, medianMs } of readings) {
      const bar = '█'.repeat(Math.max(1, Math.round((medianMs / most) * this.#barColumns)))
      this.say(
        `${padEnd(name, 14)}${this.#terminal.paint('red', padEnd(bar, this.#barColumns))}${padStart(formatMs(medianMs), 10)}`,
      )
    }
  }

  pruned({ query, view, found, tools }: PrunedContext, history: readonly MemoryItem[]): void {
    this.say(clip(`asked: ${query}`, this.#terminal.columns - 7))
    const { tokensBefore, tokensAfter, tokenBudget, counter, exact } = view.report
    const rows = [
      ['before', tokensBefore, contentBytes(history), history.length],
      ['after', tokensAfter, contentBytes(view), view.length],
    ] as const
    for (const [name, tokens, bytes, items] of rows) {
      const bar = '█'.repeat(Math.max(1, Math.round((tokens / Math.max(1, tokensBefore)) * this.#barColumns)))
      const numbers = `${padStart(formatCount(tokens), 8)} ${padEnd(tokens === 1 ? 'token' : 'tokens', 6)}${padStart(formatBytes(bytes), 10)}${padStart(formatCount(items), 6)} ${items === 1 ? 'item' : 'items'}`
      this.say(`${padEnd(name, 7)}${this.#terminal.paint('green', padEnd(bar, this.#barColumns))}${numbers}`)
    }
    this.#terminal.line()
    this.#excerpt(view, found)
    this.#terminal.line()
    this.done(
      `${formatCount(tokensAfter)} of a budget of ${plural(tokenBudget, 'token')}, ${exact ? `exact by ${counter}` : 'by estimate (no gpt-tokenizer)'}`,
    )
    this.done(`${plural(view.report.kept, 'item')} kept, ${formatCount(view.report.hidden.length)} hidden`)
    if (found !== undefined) {
      const place = history.findIndex(({ id }) => id === found.id)
      this.done(`picked for the question: what was said ${plural(history.length - 1 - place, 'item')} ago`)
    }
    const { summary, tokensByPart } = view.report
    if (summary !== undefined) {
      this.done(
        `a summary of ${plural(summary.coveredItems, 'item')} in ${plural(tokensByPart.summary, 'token')}, of their own sentences, by no model`,
      )
    }
    if (tools.kept + tools.hidden > 0)
      this.done(`${plural(tools.kept, 'tool call')} kept with all results, ${tools.hidden} hidden with all; none torn`)
  }

  /** First and last lines of what a model is given, and what was found for the question. */
  #excerpt(view: readonly MemoryItem[], found: MemoryItem | undefined): void {
    let next = 0
    for (const [i, item] of view.entries()) {
      const isShown = view.length <= SHOWN_LINES || i < SHOWN_FIRST || i >= view.length - SHOWN_LAST
      if (!isShown && item.id !== found?.id) continue
      if (i > next) this.say(this.#terminal.paint('dim', `  ⋮ ${plural(i - next, 'more item')}`))
      next = i + 1
      this.#item(item)
    }
  }

  #item({ contentType, content }: MemoryItem): void {
    // Of a summary, what stands below its label too.
    const lines = contentType === 'summary' ? content.split('\n').slice(0, SUMMARY_LINES) : [content]
    const name = padEnd(clip(contentType.replace(/_message$/, ''), 12), 13)
    for (const [i, line] of lines.entries()) {
      const margin = i === 0 ? this.#terminal.paint('dim', name) : padEnd('', 13)
      this.say(`  ${margin}${clip(line, this.#terminal.columns - 22)}`)
    }
  }

  get #barColumns(): number {
    return this.#terminal.columns - 50
  }

  #tier(tier: Tier, text: string): string {
    return this.#terminal.paint(COLOURS[tier], text)
  }
}

function sum(moved: readonly (readonly [MigrationReport['sealed'], string])[], name: 'rawBytes' | 'bytes'): number {
  return moved.reduce((total, [part]) => total + part[name], 0)
}

function contentBytes(items: readonly MemoryItem[]): number {
  return items.reduce((total, { content }) => total + Buffer.byteLength(content), 0)
}

export function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
