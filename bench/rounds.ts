import { median, type Round, timed } from './compare.ts'

/** An operation, told how many came before it. */
export type Operation = (i: number) => Promise<unknown>

/** Rounds of `count` operations, one after the other: the median time of one, in milliseconds. */
export function oneByOne(count: number, operation: Operation): Round {
  let i = 0
  return async () => {
    const times = new Array<number>(count)
    for (let n = 0; n < count; n++) {
      const startedAt = performance.now()
      await operation(i++)
      times[n] = performance.now() - startedAt
    }
    return median(times)
  }
}

/** Rounds of `count` operations, always `width` of them under way: the time of all, in milliseconds. */
export function atOnce(width: number, count: number, operation: Operation): Round {
  let i = 0
  return () => {
    let left = count
    const worker = async (): Promise<void> => {
      while (left-- > 0) await operation(i++)
    }
    return timed(() => Promise.all(Array.from({ length: width }, worker)))
  }
}
