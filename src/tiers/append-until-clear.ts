import { isThermoclineError, ThermoclineError } from '../errors.ts'
import type { SessionIdentity } from '../memory/session.ts'
import type { AppendEntry, Appended, AppendOptions } from './durable-store.ts'
import type { Sealer } from './sealer.ts'
import type { TierParts } from './tier-parts.ts'

/** A write whose outcome is unclear is repeated so often: the stamp makes that harmless. */
const MAX_ATTEMPTS = 3
/** But not after so much of the store's deadline: whoever waits for the add has waited for it once already. */
const UNCLEAR_SHARE = 0.8
/** How long it is tried to make room in a record that many processes fill at once. */
const MAX_FULL_MS = 60_000
/** What fills the record is not its tail. */
const MAX_FRUITLESS_SEALS = 5

/**
 * Appends, and tries again where that can help: where nobody can say what became of it, and where the record has no room
 * until its tail is sealed.
 */
export async function appendUntilClear(
  { durable, hot, durableTimeoutMs }: TierParts,
  sealer: Sealer,
  session: SessionIdentity,
  entries: readonly AppendEntry[],
  options: AppendOptions,
): Promise<Appended> {
  const startedAt = performance.now()
  let unclear = 0
  let full = 0
  let fruitless = 0
  for (;;) {
    try {
      return await durable.append(session, entries, options)
    } catch (error) {
      // It may have been written all the same, now or later: the copy must not go on without it.
      await hot.forget(session.key)
      const elapsedMs = performance.now() - startedAt
      if (isThermoclineError(error, 'RECORD_FULL') && elapsedMs < MAX_FULL_MS) {
        full += 1
        if ((await sealer.makeRoom(session.key, full)) === 'nothing') fruitless += 1
        if (fruitless < MAX_FRUITLESS_SEALS) continue
      } else if (isUnclear(error)) {
        unclear += 1
        if (unclear < MAX_ATTEMPTS && elapsedMs < durableTimeoutMs * UNCLEAR_SHARE) continue
      }
      throw unclear === 0 ? error : asUnclear(error)
    }
  }
}

function isUnclear(error: unknown): boolean {
  if (!isThermoclineError(error) || error.details.written === false) return false
  return error.code === 'STORE_TIMEOUT' || error.code === 'STORE_UNAVAILABLE'
}

/** Of the last attempt it may be known that it wrote nothing; an earlier one may have. */
function asUnclear(error: unknown): unknown {
  if (!isThermoclineError(error) || error.details.written !== false) return error
  const { written: _, ...details } = error.details
  return new ThermoclineError(error.code, error.message, { cause: error.cause, details })
}
