export const HOW_TO_GET: Readonly<Record<'redis' | 'java' | 'firestoreJar', string>>
/** THERMOCLINE_REDIS_SERVER, else redis-server on PATH. */
export function findRedisServer(): string | undefined
/** Under JAVA_HOME, else on PATH. */
export function findJava(): string | undefined
/** THERMOCLINE_FIRESTORE_JAR, else in the Google Cloud SDK that gcloud on PATH belongs to. */
export function findFirestoreJar(): string | undefined
export function findOnPath(command: string): string | undefined
