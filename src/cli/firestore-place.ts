import type { TieredStorageManagerOptions } from '../index.ts'

/** Where in Firestore a memory lies. */
export interface FirestorePlace {
  /** Undefined where Google's library has to find it, by the credentials for example. */
  readonly projectId: string | undefined
  readonly databaseId: string
  readonly collectionPrefix: string
  /** Address of the emulator that stands in for the cloud, if one does. */
  readonly emulator: string | undefined
}

export function firestorePlace(options: TieredStorageManagerOptions, env: NodeJS.ProcessEnv): FirestorePlace {
  const { databaseId = '(default)', collectionPrefix = 'thermocline', projectId } = options.firestore ?? {}
  const { FIRESTORE_EMULATOR_HOST, GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT } = env
  return {
    projectId: options.projectId ?? projectId ?? (GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || undefined),
    databaseId,
    collectionPrefix,
    emulator: FIRESTORE_EMULATOR_HOST || undefined,
  }
}

export function placeText({ projectId, databaseId, collectionPrefix, emulator }: FirestorePlace): string {
  const project = projectId === undefined ? 'the project of the environment' : `project ${projectId}`
  const where = emulator === undefined ? '' : `, on the emulator at ${emulator}`
  return `Firestore: ${project}, database ${databaseId}, below ${collectionPrefix}${where}`
}
