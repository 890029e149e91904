import { heldItems, type TailEntry } from '../../memory/record.ts'
import type { Owner, SessionKey } from '../../memory/session.ts'
import type { Appended, LoadedRecord, LoadOptions, SessionSummary } from '../../tiers/durable-store.ts'
import { decodeHeat, decodeOverlay, decodeSegments } from '../structure-text.ts'
import type { Statements } from './statements.ts'
import { type MaybeStructureRow, structureOf } from './structure-row.ts'

/** `LIMIT` of everything. */
const ALL = -1

/** A session as it is selected. */
export interface SessionRow extends MaybeStructureRow {
  readonly tenant_id: string
  readonly user_id: string
  readonly session_id: string
  readonly n: number
  readonly tail_items: number
  readonly tail_bytes: number
  readonly erased_to: number
  readonly review_at: number
  readonly created_at: number
  readonly updated_at: number
  readonly failures: number
}

/** A session as an append replies it. */
export type AppendRow = Pick<SessionRow, 'n' | 'tail_items' | 'tail_bytes' | 'erased_to' | 'review_at'>

/** The newest entries of a tail, so many or all, rising by stamp. */
export function tailOf(statements: Statements, key: SessionKey, newest: number | undefined): readonly TailEntry[] {
  return statements.newestTail.all(key, newest ?? ALL).reverse() as unknown as TailEntry[]
}

export function recordOf(
  statements: Statements,
  key: SessionKey,
  row: SessionRow,
  tail: readonly TailEntry[],
  options: LoadOptions,
): LoadedRecord {
  const structure = structureOf(row)
  return {
    session: { key, tenantId: row.tenant_id, userId: row.user_id, sessionId: row.session_id },
    n: row.n,
    erasedTo: row.erased_to,
    tail,
    tailComplete: options.newest === undefined || tail.length < options.newest || tail.length === row.tail_items,
    tailItems: row.tail_items,
    tailBytes: row.tail_bytes,
    tailHeat: decodeHeat(structure.tail_heat),
    segments: decodeSegments(structure.segments, (id) => segmentBytes(statements, key, id)),
    overlay: decodeOverlay(structure.overlay),
    about: structure.about,
    reviewAt: row.review_at,
    failures: row.failures,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    shownFence: structure.fence,
    ...(options.withFence === true && { fence: structure.fence }),
  }
}

export function appendedOf(row: AppendRow): Appended {
  return { n: row.n, tailItems: row.tail_items, tailBytes: row.tail_bytes, erasedTo: row.erased_to }
}

export function segmentBytes(statements: Statements, key: SessionKey, id: string): Uint8Array | undefined {
  return statements.segment.get(key, id)?.bytes as Uint8Array | undefined
}

/** A session as a list of them is selected. */
export interface SummaryRow extends Pick<MaybeStructureRow, 'segments' | 'overlay' | 'about'> {
  readonly key: SessionKey
  readonly session_id: string
  readonly created_at: number
  readonly updated_at: number
  readonly n: number
  readonly tail_items: number
}

export function summaryOf(owner: Owner, row: SummaryRow): SessionSummary {
  const { segments, overlay } = { segments: row.segments ?? '[]', overlay: row.overlay ?? '[]' }
  return {
    key: row.key,
    tenantId: owner.tenantId,
    userId: owner.userId,
    sessionId: row.session_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    n: row.n,
    about: row.about ?? '',
    items: heldItems({
      tailItems: row.tail_items,
      segments: decodeSegments(segments, () => undefined),
      overlay: decodeOverlay(overlay),
    }),
  }
}
