import { setTimeout as delay } from 'node:timers/promises'
import { ask } from '../../../emulators/resp.ts'
import type { Chance } from '../../support/random.ts'
import { microseconds } from '../erase/journal.ts'
import type { Fault } from './journal.ts'
import { type RedisTarget, Snapshot } from './redis-target.ts'

/** Something to be done to one server after a while. */
export type PlannedFault =
  | { readonly kind: 'flush' }
  /** Connections are cut, those for messages or those for data, and again for as long as they come back. */
  | { readonly kind: 'cut'; readonly type: 'pubsub' | 'normal'; readonly forMs: number }
  | { readonly kind: 'pause'; readonly forMs: number }
  /** Killed, and started again with nothing. */
  | { readonly kind: 'restart' }
  /** Killed, and started again with what it had `ageMs` before. */
  | { readonly kind: 'restore'; readonly ageMs: number }
  /** Of a cluster, otherwise nothing: sessions move to another server. */
  | { readonly kind: 'move' }

const CUT_EVERY_MS = 30

export function chooseFault(chance: Chance): PlannedFault {
  const what = chance.between(1, 100)
  if (what <= 10) return { kind: 'flush' }
  if (what <= 18) return { kind: 'move' }
  if (what <= 30) {
    return {
      kind: 'cut',
      type: chance.of(0.6) ? 'pubsub' : 'normal',
      forMs: chance.of(0.5) ? 0 : chance.between(0, 1500),
    }
  }
  if (what <= 55) return { kind: 'pause', forMs: chance.of(0.5) ? chance.between(50, 400) : chance.between(400, 3000) }
  if (what <= 70) return { kind: 'restart' }
  // Some young enough for its copies to be believed still, some not.
  return { kind: 'restore', ageMs: chance.of(0.6) ? chance.between(50, 1200) : chance.between(2000, 4000) }
}

/** How long it takes, apart from starting a server. */
export function durationMs(fault: PlannedFault): number {
  if (fault.kind === 'restore') return fault.ageMs
  return fault.kind === 'pause' || fault.kind === 'cut' ? fault.forMs : 0
}

/** Does it; `log` hears when it begins, and again when the server answers. */
export async function strike(
  target: RedisTarget,
  fault: PlannedFault,
  which: number,
  log: (fault: Fault) => void,
): Promise<void> {
  const server = target.servers[which % target.servers.length]!
  const { kind } = fault
  const snapshot = kind === 'restore' ? await Snapshot.of(server) : undefined
  if (kind === 'restore') await delay(fault.ageMs)
  const begun = { kind, from: microseconds(), to: Number.POSITIVE_INFINITY, ...(snapshot && { saved: snapshot.made }) }
  log(begun)
  if (kind === 'flush') await ask(server, 'FLUSHALL')
  if (kind === 'move') await target.moveSlot?.(server)
  if (kind === 'cut') {
    do {
      await ask(server, 'CLIENT', 'KILL', 'TYPE', fault.type)
      await delay(CUT_EVERY_MS)
    } while (microseconds() < begun.from + fault.forMs * 1000)
  }
  if (kind === 'pause') {
    await server.pause()
    await delay(fault.forMs)
    server.resume()
    await ask(server, 'PING')
  }
  if (kind === 'restart' || kind === 'restore') {
    await server.kill()
    snapshot?.putBack()
    await target.restart(server)
    snapshot?.remove()
  }
  log({ ...begun, to: microseconds() })
}
