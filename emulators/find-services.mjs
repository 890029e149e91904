// Plain JavaScript: scripts/setup.mjs reads it before the pinned Node, which runs TypeScript, is installed.
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

const JAR_UNDER_SDK_ROOT = 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar'

/** How to get what is missing, in words for a terminal. */
export const HOW_TO_GET = Object.freeze({
  redis:
    'install it with "apt-get install redis-server" (Debian, Ubuntu) or "brew install redis" (macOS), ' +
    'or set THERMOCLINE_REDIS_SERVER to its path',
  java:
    'install Java 17 or newer with "apt-get install openjdk-17-jre-headless" (Debian, Ubuntu) or ' +
    '"brew install openjdk@17" (macOS), or set JAVA_HOME',
  firestoreJar:
    'install the Google Cloud CLI (https://cloud.google.com/sdk/docs/install), then run ' +
    '"gcloud components install cloud-firestore-emulator" (with apt: "apt-get install google-cloud-cli-firestore-emulator"), ' +
    'or set THERMOCLINE_FIRESTORE_JAR to the path of cloud-firestore-emulator.jar',
})

export function findRedisServer() {
  const given = process.env.THERMOCLINE_REDIS_SERVER
  return given ? existingFile(given) : findOnPath('redis-server')
}

export function findJava() {
  const home = process.env.JAVA_HOME
  return (home && executable(join(home, 'bin', 'java'))) || findOnPath('java')
}

export function findFirestoreJar() {
  const given = process.env.THERMOCLINE_FIRESTORE_JAR
  if (given) return existingFile(given)
  const gcloud = findOnPath('gcloud')
  // gcloud on PATH is often a link from a bin folder into the SDK.
  return gcloud && existingFile(join(dirname(dirname(realpathSync(gcloud))), JAR_UNDER_SDK_ROOT))
}

export function findOnPath(command) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = folder && executable(join(folder, command))
    if (found) return found
  }
  return undefined
}

function existingFile(path) {
  return existsSync(path) && statSync(path).isFile() ? path : undefined
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK)
    return existingFile(path)
  } catch {
    return undefined
  }
}
