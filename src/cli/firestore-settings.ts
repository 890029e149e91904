import type { FirestoreStoreOptions, JsonValue, TieredStorageManagerOptions } from '../index.ts'
import { SettingsError } from './command.ts'
import { isJsonObject } from './json-object.ts'

/** A setting by name, wherever its value comes from. */
interface Named {
  readonly name: string
  readonly value: JsonValue | undefined
}

/** Parts of `firestore` that flags and the environment may give too, by the path of their option. */
const PARTS = ['databaseId', 'collectionPrefix'] as const

/** Whether the options name a Firestore. What Google's own variables say is about other programs as well. */
export function hasFirestore({ projectId, firestore }: TieredStorageManagerOptions): boolean {
  return projectId !== undefined || firestore !== undefined
}

/** The options with the parts in their places; any part alone means a Firestore. */
export function withFirestoreParts(
  options: TieredStorageManagerOptions,
  settings: readonly Named[],
): TieredStorageManagerOptions {
  const given = PARTS.flatMap((part) => {
    const value = settings.find(({ name }) => name === `firestore.${part}`)?.value
    return value === undefined ? [] : [[part, value]]
  })
  if (given.length === 0) return options
  return { ...options, firestore: { ...options.firestore, ...(Object.fromEntries(given) as FirestoreStoreOptions) } }
}

/** @throws SettingsError where a config file has a private key, or no object in place of `firestore` */
export function checkFirestoreSetting(file: string, { firestore }: Readonly<Record<string, JsonValue>>): void {
  if (firestore === undefined) return
  if (!isJsonObject(firestore)) {
    throw new SettingsError(`Cannot use ${file}: firestore: expected an object: received ${JSON.stringify(firestore)}`)
  }
  // A config file ends up in a repository.
  const instead = 'the path of a key file as keyFilename, or GOOGLE_APPLICATION_CREDENTIALS in the environment'
  if (Object.hasOwn(firestore, 'credentials'))
    throw new SettingsError(`Cannot use ${file}: firestore.credentials: expected ${instead}`)
  if (Object.hasOwn(firestore, 'client'))
    throw new SettingsError(`Cannot use ${file}: firestore.client: expected in programs only`)
}
