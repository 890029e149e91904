import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from './root.mjs'

// Not inside the repository: installing replaces node_modules, and building replaces dist.
const FILE = join(tmpdir(), `thermocline-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}.lock`)

/** Two terminals that start at once must not install or build into each other. */
export async function withLock(work) {
  while (!take()) await delay(100)
  try {
    return await work()
  } finally {
    rmSync(FILE, { force: true })
  }
}

function take() {
  try {
    writeFileSync(FILE, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!holderLives()) rmSync(FILE, { force: true })
    return false
  }
}

function holderLives() {
  try {
    const pid = Number(readFileSync(FILE, 'utf8'))
    // Empty for the moment between its creation and its first byte.
    return pid === 0 || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
