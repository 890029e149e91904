import { plural } from '../../text-layout.ts'
import type { DemoPlace } from './demo-place.ts'
import type { DemoFirestore } from './firestore-emulator.ts'

/** Collections below `thermocline/v1`, and what a document of each is: docs/firestore.md. */
const KINDS = [
  ['thermoclineSessions', 'record'],
  ['thermoclineSegments', 'segment'],
  ['thermoclineBodies', 'large item'],
  ['thermoclineFences', 'fence'],
] as const

export function firestorePlace(firestore: DemoFirestore): DemoPlace {
  return {
    // A Java that has just begun is slow, the more so on a busy machine.
    options: { projectId: firestore.projectId, durableCalls: { timeoutMs: 30_000 } },
    kind: 'Firestore',
    into: 'a Firestore emulator',
    name: 'Firestore',
    end: firestore.isOurs ? 'the emulator is stopped' : 'the emulator is as it was',
    contents: () => contents(firestore),
  }
}

/** Asks the emulator itself, past all of our code. */
async function contents({ address, projectId }: DemoFirestore): Promise<readonly string[]> {
  const counts = await Promise.all(KINDS.map(([collection]) => countDocuments(address, projectId, collection)))
  const parts = KINDS.flatMap(([, noun], i) => (counts[i] === 0 ? [] : [plural(counts[i]!, noun)]))
  const total = counts.reduce((sum, count) => sum + count, 0)
  return [`in Firestore lie ${plural(total, 'document')}: ${parts.join(', ')}`]
}

async function countDocuments(address: string, projectId: string, collection: string): Promise<number> {
  const url = `http://${address}/v1/projects/${projectId}/databases/(default)/documents/thermocline/v1/${collection}`
  let count = 0
  let pageToken = ''
  do {
    // Past the rules, which allow nobody anything.
    const response = await fetch(`${url}?pageSize=300&mask.fieldPaths=n&pageToken=${encodeURIComponent(pageToken)}`, {
      headers: { Authorization: 'Bearer owner' },
    })
    const page = (await response.json()) as { readonly documents?: readonly unknown[]; readonly nextPageToken?: string }
    count += page.documents?.length ?? 0
    pageToken = page.nextPageToken ?? ''
  } while (pageToken !== '')
  return count
}
