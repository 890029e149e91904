import type { FirestorePrecondition } from '../../clients/firestore-messages.ts'
import type { SessionKey } from '../../memory/session.ts'
import { isErased } from '../../memory/stamp.ts'
import type { Appended } from '../../tiers/durable-store.ts'
import type { Documents } from './documents.ts'
import type { StoredSession } from './record-document.ts'
import type { TailElement } from './tail-element.ts'
import { increment, removeBodies, removeElements, transforming } from './writes.ts'

/**
 * Takes what was erased, and so is seen by nobody, out of the document of its session, and gives what is left of the
 * tail. Nothing where the session is gone by now, and they with it.
 */
export async function removeErased(
  { calls, layout }: Documents,
  key: SessionKey,
  erased: readonly TailElement[],
  currentDocument?: FirestorePrecondition,
): Promise<Partial<Pick<Appended, 'tailItems' | 'tailBytes'>>> {
  const removed = await calls.commit([
    transforming(
      layout.session(key),
      [
        increment('tailItems', -erased.length),
        increment('tailBytes', -erased.reduce((sum, { bytes }) => sum + bytes, 0)),
        removeElements(erased),
      ],
      currentDocument,
    ),
    ...removeBodies(layout, key, erased),
  ])
  if (removed.kind === 'refused') return {}
  const [tailItems, tailBytes] = removed.results[0]!.transformResults.map(({ integerValue }) => Number(integerValue))
  return { tailItems: tailItems!, tailBytes: tailBytes! }
}

/**
 * The same for what a record holds of it, if that is still as it was read. Whoever wrote it late may have died before it
 * could take it out again.
 * @returns Whether there was anything
 */
export async function removeLateErased(documents: Documents, stored: StoredSession): Promise<boolean> {
  const { key, document, elements, erasedTo } = stored
  const erased = elements.filter(({ stamp }) => isErased(stamp, erasedTo))
  if (erased.length === 0) return false
  await removeErased(documents, key, erased, { updateTime: document.updateTime })
  return true
}
