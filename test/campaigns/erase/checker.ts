import { sqliteDurableStore } from '../../../src/stores/sqlite/durable-store.ts'
import { foundInBytes, foundInFile } from '../../support/found-in-file.ts'
import { CANARIES, type Canary, canariesIn, canary, parseCanary } from './canary.ts'
import { everythingReadable, everythingStored } from './everything.ts'
import type { JournalLine } from './journal.ts'
import { openMemory } from './traffic.ts'

/** What is to be held against each other. */
export interface Evidence {
  readonly file: string
  readonly journal: readonly JournalLine[]
  /** All that all processes printed. */
  readonly output: string
  readonly victims: readonly number[]
  /** What a clock shows that is past every second pass, as milliseconds ahead of the true one. */
  readonly aheadMs: number
}

/** How far a copy in another process may be behind, with some leeway for a machine that is busy, in microseconds. */
const BEHIND_US = 500_000

/**
 * Looks for what was erased or removed in every byte, and for what was not in what can be read. Gives what is wrong, in
 * words. All sweeps must have ended.
 */
export async function checkErased(evidence: Evidence): Promise<readonly string[]> {
  const { file, output, aheadMs } = evidence
  const problems: string[] = []
  const history = new History(evidence)
  await checkReceipts(evidence, history, problems)
  const bytes = [...foundInFile(file, CANARIES)].map(parseCanary)
  const stored = canariesIn(await everythingStored(file))
  const exported = canariesIn(await everythingReadable(file, aheadMs))
  for (const [where, found] of Object.entries({ file: bytes, stored, export: exported })) {
    for (const text of new Set(found.filter((one) => history.mustBeGone(one)).map(nameOf)))
      problems.push(`${where}: ${text} should be gone`)
  }
  checkIds(bytes, stored, evidence, problems)
  checkReads(evidence, history, problems)
  for (const text of foundInBytes(Buffer.from(output), CANARIES)) problems.push(`output: ${text} was printed`)
  const readable = new Set(exported.map(nameOf))
  for (const one of history.mustBeThere()) {
    if (!one.some((text) => readable.has(nameOf(text))))
      problems.push(`${nameOf(one.at(-1)!)} was acknowledged and is lost`)
  }
  // Otherwise the search itself might be blind.
  const survivors = bytes.filter(({ user }) => !evidence.victims.includes(user))
  if (survivors.length === 0) problems.push('file: nothing of those who were not erased was found')
  return problems
}

/** Empties the log and fills the gaps once more, for what was removed without an erase after it. */
export async function scrub(file: string): Promise<void> {
  const store = sqliteDurableStore({ path: file })
  await store.open()
  await store.scrub!()
  await store.close()
}

class History {
  readonly #gone = new Set<string>()
  readonly #unsure = new Set<string>()
  readonly #items = new Map<string, Canary[]>()
  readonly #askedAt = new Map<number, number>()
  readonly #erasedAt = new Map<number, number>()
  readonly #victims: readonly number[]
  readonly #wroteAt = new Map<string, number>()

  constructor({ journal, victims }: Evidence) {
    this.#victims = victims
    for (const line of journal) if (line.kind === 'erased') this.#note(line)
    for (const line of journal) {
      if (line.kind === 'wrote') this.#wrote(line)
      else if (line.kind === 'edits') this.#mayBe(line.id, line)
      else if (line.kind === 'removes') for (const op of line.ops) this.#unsure.add(nameOf({ user: line.user, op }))
      else if (line.kind === 'removed') for (const op of line.ops) this.#gone.add(nameOf({ user: line.user, op }))
    }
  }

  erasedAt(user: number): number | undefined {
    return this.#erasedAt.get(user)
  }

  /** Acknowledged before it was erased, or removed and that acknowledged. */
  mustBeGone(one: Canary): boolean {
    return this.#gone.has(nameOf(one)) || this.wasErased(one)
  }

  wasErased(one: Canary): boolean {
    const wroteAt = this.#wroteAt.get(nameOf(one))
    const askedAt = this.#askedAt.get(one.user)
    return wroteAt !== undefined && askedAt !== undefined && wroteAt < askedAt
  }

  /** Per item of those who were not erased, the texts of which one has to be there. */
  mustBeThere(): readonly (readonly Canary[])[] {
    return [...this.#items.values()].filter(
      (texts) => !this.#victims.includes(texts[0]!.user) && !texts.some((text) => this.#unsure.has(nameOf(text))),
    )
  }

  #note({ user, at, askedAt }: { readonly user: number; readonly at: number; readonly askedAt: number }): void {
    this.#askedAt.set(user, askedAt)
    this.#erasedAt.set(user, at)
  }

  #wrote({
    user,
    op,
    id,
    at,
  }: {
    readonly user: number
    readonly op: number
    readonly id?: string
    readonly at: number
  }) {
    this.#wroteAt.set(nameOf({ user, op }), at)
    if (id !== undefined) this.#mayBe(id, { user, op })
  }

  #mayBe(id: string, { user, op }: { readonly user: number; readonly op: number }): void {
    this.#items.set(id, [...(this.#items.get(id) ?? []), { user, op }])
  }
}

async function checkReceipts({ file, aheadMs, journal, victims }: Evidence, history: History, problems: string[]) {
  await using memory = openMemory(file, aheadMs)
  for (const user of victims) if (history.erasedAt(user) === undefined) problems.push(`user ${user} was never erased`)
  for (const line of journal) {
    if (line.kind !== 'erased') continue
    const receipt = await memory.getEraseReceipt(line.receiptId)
    if (receipt?.final !== true) problems.push(`the receipt of user ${line.user} is not final`)
    if (receipt?.userId !== undefined) problems.push(`the receipt of user ${line.user} names the user`)
  }
}

/** Ids of a victim may stand only where something was added anew. */
function checkIds(
  bytes: readonly Canary[],
  stored: readonly Canary[],
  { victims }: Evidence,
  problems: string[],
): void {
  for (const user of victims) {
    const isOf = (one: Canary): boolean => one.user === user
    const hasNewLife = stored.some((one) => isOf(one) && one.op !== undefined)
    if (!hasNewLife && bytes.some(isOf)) problems.push(`file: the ids of user ${user} should be gone`)
  }
}

function checkReads({ journal }: Evidence, history: History, problems: string[]): void {
  for (const line of journal) {
    if (line.kind !== 'read') continue
    const { user, ops, at, strong } = line
    const erasedAt = history.erasedAt(user)
    if (erasedAt === undefined || at < erasedAt + (strong ? 0 : BEHIND_US)) continue
    for (const op of ops)
      if (history.wasErased({ user, op })) problems.push(`${nameOf({ user, op })} was read after the erase`)
  }
}

function nameOf({ user, op }: Canary): string {
  return canary(user, op ?? 'id')
}
