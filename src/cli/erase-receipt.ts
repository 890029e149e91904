import type { EraseReceipt } from '../index.ts'
import { formatTime } from './item-view.ts'
import { oneLine, padEnd, plural } from './text-layout.ts'

const NAME_COLUMNS = 14

/** A receipt as lines of text, without what a terminal would take for commands. */
export function receiptLines(receipt: EraseReceipt): string[] {
  const { id, userId, tenantId, owner, removed, requestedAt, erasedFrom, outOfReach } = receipt
  const whose = userId === undefined ? `hash ${owner}` : `${userId} of tenant ${tenantId}`
  const fields: readonly (readonly [string, string])[] = [
    ['receipt', id],
    ['user', whose],
    ['requested', formatTime(requestedAt)],
    ...passes(receipt),
    ['removed', `${plural(removed.items, 'item')} in ${plural(removed.sessions, 'session')}`],
    ['erased from', erasedFrom.join(', ')],
    ...outOfReach.map((place, i) => [i === 0 ? 'out of reach' : '', place] as const),
  ]
  return fields.map(([name, text]) => `${padEnd(name, NAME_COLUMNS)}${oneLine(text)}`)
}

function passes({ firstPassAt, secondPassDueAt, finalAt }: EraseReceipt): (readonly [string, string])[] {
  if (firstPassAt === undefined) return [['first pass', 'not done yet: a sweep goes on with it']]
  const first = ['first pass', `${formatTime(firstPassAt)}; nothing of it is read since`] as const
  if (finalAt !== undefined) return [first, ['final', formatTime(finalAt)]]
  if (secondPassDueAt === undefined) return [first]
  return [first, ['second pass', `by the first sweep after ${formatTime(secondPassDueAt)}; then it is final`]]
}
