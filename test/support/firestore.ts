import { randomBytes } from 'node:crypto'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../emulators/firestore-emulator.ts'
import { connectFirestore } from '../../src/clients/firestore.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { firestoreDurableStore } from '../../src/stores/firestore/durable-store.ts'
import type { DurableStore } from '../../src/tiers/durable-store.ts'

/** A project that no other test has. */
export const TEST_PROJECT: string = `demo-${randomBytes(6).toString('hex')}`

/** Starts an emulator that every client of this process takes for Firestore from now on. */
export async function startFirestoreForTests(): Promise<FirestoreEmulator> {
  const emulator = await startFirestoreEmulator()
  Object.assign(process.env, emulator.env)
  await warmFirestore()
  return emulator
}

/** The first calls of an emulator take seconds on a busy machine, longer than a call may. */
export async function warmFirestore(): Promise<void> {
  const { calls, close } = await connectFirestore({ projectId: TEST_PROJECT }, { timeoutMs: 60_000 })
  const name = `${calls.database}/documents/warm/document`
  await calls.work().commit([{ update: { name, fields: {} } }])
  await calls.work().get(name)
  await close()
}

/** A collection prefix that no other test has: data of its own. */
export function freshPrefix(): string {
  return `t${randomBytes(8).toString('hex')}`
}

/** Bounds for tests that are not about them: an emulator on a busy machine may take seconds for its first calls. */
export const PATIENT_CALLS: Readonly<{ timeoutMs: number }> = Object.freeze({ timeoutMs: 30_000 })

/** A store on the emulator, over the connection that this process shares. */
export function openFirestoreStore(collectionPrefix: string = freshPrefix(), clock?: Clock): DurableStore {
  return firestoreDurableStore({
    connect: () => connectFirestore({ projectId: TEST_PROJECT }, PATIENT_CALLS),
    collectionPrefix,
    ...(clock && { clock }),
  })
}
