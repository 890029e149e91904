import { median, type Round, timed } from '../compare.ts'
import type { MakeTarget, Target } from './targets.ts'

// Targets are made anew for each round, before its time begins, so that none grows until it has to be sealed.

/** Adds one after the other, so many to each target: the median time of one, in milliseconds. */
export function addsInTurn(make: MakeTarget, targets: number, addsEach: number): Round {
  return async () => {
    const times: number[] = []
    for (const target of await several(make, targets)) {
      for (let i = 0; i < addsEach; i++) times.push(await timed(() => target.add()))
    }
    return median(times)
  }
}

/** All adds to one target, at once or one after the other: the time of all. */
export function addsToOne(make: MakeTarget, count: number, order: 'at once' | 'in turn'): Round {
  return async () => {
    const target = await make()
    return timed(async () => {
      if (order === 'at once') await Promise.all(Array.from({ length: count }, () => target.add()))
      else for (let i = 0; i < count; i++) await target.add()
    })
  }
}

/** One add to each of so many targets, all at once, so many times: the time of all. */
export function addsToMany(make: MakeTarget, targets: number, times: number): Round {
  return async () => {
    const all = await several(make, targets)
    return timed(async () => {
      for (let i = 0; i < times; i++) await Promise.all(all.map((target) => target.add()))
    })
  }
}

async function several(make: MakeTarget, count: number): Promise<readonly Target[]> {
  const targets: Target[] = []
  for (let i = 0; i < count; i++) targets.push(await make())
  return targets
}
