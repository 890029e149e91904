import { ThermoclineError } from '../errors.ts'
import { checkNames } from '../lib/check-names.ts'
import { invalidOption } from '../lib/check-options.ts'

/** Where Firestore is and how to get in. */
export interface FirestoreConnectionOptions {
  /** Google Cloud project. @default that of the environment, as Google's libraries find it */
  readonly projectId?: string
  /** Database of the project. @default "(default)" */
  readonly databaseId?: string
  /** File with the key of a service account. @default the environment's credentials, as Google's libraries find them */
  readonly keyFilename?: string
  /** The same as values, in place of a file. */
  readonly credentials?: { readonly client_email?: string; readonly private_key?: string }
  /**
   * A `Firestore` of @google-cloud/firestore 9 that is used as it is and never closed, or a function that makes one,
   * which is closed with its last user.
   */
  readonly client?: FirestoreClient | (() => FirestoreClient | Promise<FirestoreClient>)
}

/** What is asked of a given client by its public type; the rest is looked for when it is used. */
export interface FirestoreClient {
  readonly databaseId: string
  terminate(): Promise<void>
}

/** All names of `FirestoreConnectionOptions`. */
export const FIRESTORE_CONNECTION_NAMES: readonly string[] = Object.freeze([
  'projectId',
  'databaseId',
  'keyFilename',
  'credentials',
  'client',
])

/** https://cloud.google.com/resource-manager/docs/creating-managing-projects, with the `domain.com:` of old ones. */
const PROJECT_ID = /^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{0,62}$/
/** https://cloud.google.com/firestore/docs/manage-databases */
const DATABASE_ID = /^(?:\(default\)|[a-z][a-z0-9-]{0,62})$/

/**
 * Refuses what can't be meant. Values of secrets are never in the message.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function checkFirestoreOptions(given: object): void {
  checkNames('INVALID_OPTION', 'Cannot connect to firestore', given, FIRESTORE_CONNECTION_NAMES)
  const options = given as Readonly<Record<string, unknown>>
  const { projectId, databaseId, keyFilename, credentials, client } = options
  if (projectId !== undefined) checkPattern('projectId', projectId, PROJECT_ID, 'the id of a Google Cloud project')
  if (databaseId !== undefined)
    checkPattern('databaseId', databaseId, DATABASE_ID, '"(default)" or the id of a database')
  if (keyFilename !== undefined && (typeof keyFilename !== 'string' || keyFilename === ''))
    throw invalidOption('keyFilename', 'the path of a file', typeof keyFilename)
  if (credentials !== undefined && (typeof credentials !== 'object' || credentials === null))
    throw invalidOption('credentials', '{ client_email, private_key }', typeof credentials)
  if (client === undefined) return
  if (typeof client !== 'function' && (typeof client !== 'object' || client === null))
    throw invalidOption('client', 'a Firestore of @google-cloud/firestore 9, or a function that makes one', client)
  const unread = FIRESTORE_CONNECTION_NAMES.find((name) => name !== 'client' && options[name] !== undefined)
  if (unread === undefined) return
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot connect to firestore: option ${unread} has no meaning beside client: expected one of them`,
    { details: { name: unread } },
  )
}

function checkPattern(name: string, value: unknown, pattern: RegExp, expected: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw invalidOption(name, expected, value)
}
