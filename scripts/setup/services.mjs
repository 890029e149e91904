import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { findFirestoreJar, findJava, findOnPath, findRedisServer, HOW_TO_GET } from '../../emulators/find-services.mjs'
import { withLock } from './lock.mjs'
import { say } from './report.mjs'
import { run } from './run.mjs'

const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Finds redis-server, Java and the Firestore emulator, installs Redis where it may, and says what is missing. */
export async function setUpServices() {
  if (!findRedisServer() && mayInstall()) await withLock(async () => findRedisServer() || (await installRedis()))
  const found = { redis: findRedisServer(), java: findJava(), firestoreJar: findFirestoreJar() }
  const names = { redis: 'redis-server', java: 'java', firestoreJar: 'the Firestore emulator' }
  for (const [key, path] of Object.entries(found)) {
    if (!path) say(`${names[key]} is missing, so tests that need it will fail: ${HOW_TO_GET[key]}`)
  }
}

function mayInstall() {
  // Whoever names a redis-server wants that one.
  return !process.env.THERMOCLINE_REDIS_SERVER && process.getuid?.() === 0 && findOnPath('apt-get') !== undefined
}

async function installRedis() {
  say('redis-server is missing: installing it with apt-get ...')
  const update = await run('apt-get', ['update', '-q', '-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20'], {
    timeoutMs: 120_000,
  })
  const install = await withoutServiceStart(() =>
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=60', 'redis-server'], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 300_000,
    }),
  )
  if (install.code === 0) return say('redis-server is installed; its system service was not started')
  process.stderr.write(update.code === 0 ? install.output : update.output + install.output)
  say(`Cannot install redis-server: apt-get ended with code ${install.code}; its output is above`)
}

/** Debian starts a service as it installs it, unless this file says no. The tests start servers of their own. */
async function withoutServiceStart(work) {
  if (existsSync(POLICY_FILE)) return work()
  writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return await work()
  } finally {
    rmSync(POLICY_FILE)
  }
}
