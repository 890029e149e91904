import type { SessionKey } from '../../memory/session.ts'
import { isErased } from '../../memory/stamp.ts'
import type { Documents } from './documents.ts'
import { readSession, type StoredSession } from './record-document.ts'
import { increment, removeBodies, removeElements, transforming } from './writes.ts'

/** Others come in between each time. What is left is seen by nobody, and the next look of a sweep goes on. */
const MAX_ATTEMPTS = 4

/**
 * Takes what was erased, and so is seen by nobody, out of the document of its session, if that is still as it was read:
 * twice would count twice. Whoever wrote it late may have died before it could take it out again.
 * @returns Whether there was anything
 */
export async function removeErased({ calls, layout }: Documents, stored: StoredSession): Promise<boolean> {
  const { key, document, elements, erasedTo } = stored
  const erased = elements.filter(({ stamp }) => isErased(stamp, erasedTo))
  if (erased.length === 0) return false
  await calls.commit([
    transforming(
      layout.session(key),
      [
        increment('tailItems', -erased.length),
        increment('tailBytes', -erased.reduce((sum, { bytes }) => sum + bytes, 0)),
        removeElements(erased),
      ],
      { updateTime: document.updateTime },
    ),
    ...removeBodies(layout, key, erased),
  ])
  return true
}

/** The same for a session as it is now; the record after that, or undefined where there is none any more. */
export async function removeErasedNow(documents: Documents, key: SessionKey): Promise<StoredSession | undefined> {
  const { calls, layout } = documents
  for (let attempt = 1; ; attempt++) {
    const document = await calls.get(layout.session(key))
    if (document === undefined) return undefined
    const stored = readSession(key, document)
    if (attempt > MAX_ATTEMPTS || !(await removeErased(documents, stored))) return stored
  }
}
