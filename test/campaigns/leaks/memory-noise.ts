/** MB in use after a full collection, minute by minute, of a process that doesn't leak. */
export type MemoryNoise = (random: () => number) => (minute: number) => number

const HOUR = 60
const DAY = 24 * HOUR

/** About normal: the sum of twelve even ones. */
function normal(random: () => number): number {
  let sum = -6
  for (let count = 0; count < 12; count++) sum += random()
  return sum
}

/** How many of something rare happen. */
function poisson(mean: number, random: () => number): number {
  let count = 0
  for (let left = random(); left > Math.exp(-mean); left *= random()) count++
  return count
}

/** Up and down around one level, which it finds again within `memoryMinutes` (an autoregression of first order). */
export function aroundOneLevel(deviationMb: number, memoryMinutes: number): MemoryNoise {
  const keep = Math.exp(-1 / memoryMinutes)
  return (random) => {
    let value = 0
    return () => {
      value = keep * value + Math.sqrt(1 - keep * keep) * deviationMb * normal(random)
      return 500 + value
    }
  }
}

/** Sessions begin at random and end at random, each of half a MB on average; more of them by day, fewer on weekends. */
export function sessions(mean: number, minutes: number, dayShare = 0): MemoryNoise {
  return (random) => {
    const session = (minute: number): { readonly endMinute: number; readonly mb: number } => ({
      endMinute: minute - minutes * Math.log(1 - random()),
      mb: random(),
    })
    let open = Array.from({ length: mean }, () => session(0))
    return (minute) => {
      const isWeekend = Math.floor(minute / DAY) % 7 > 4
      const day = dayShare * Math.sin((2 * Math.PI * minute) / DAY) - (isWeekend ? dayShare / 2 : 0)
      open = open.filter(({ endMinute }) => endMinute > minute)
      for (let count = poisson((mean / minutes) * (1 + day), random); count > 0; count--) {
        open.push(session(minute))
      }
      return 200 + open.reduce((sum, { mb }) => sum + mb, 0)
    }
  }
}

/** A job at a time: it grows to 50 to 400 MB within 2 to 20 minutes, and ends; the next comes within an hour. */
export function jobs(): MemoryNoise {
  return (random) => {
    let [beginMinute, endMinute, mb] = [0, 0, 0]
    const small = aroundOneLevel(5, 3)(random)
    return (minute) => {
      if (minute >= endMinute) {
        beginMinute = minute + random() * HOUR
        endMinute = beginMinute + 2 + random() * 18
        mb = 50 + random() * 350
      }
      const share = Math.max(0, (minute - beginMinute) / (endMinute - beginMinute))
      return small(minute) + share * mb
    }
  }
}

/** Tables are loaded anew, larger or smaller, every 12 hours on average. */
export function steps(): MemoryNoise {
  return (random) => {
    let table = 200
    const small = aroundOneLevel(5, 10)(random)
    return (minute) => {
      if (random() < 1 / (12 * HOUR)) table = 50 + random() * 400
      return small(minute) + table
    }
  }
}

/** Caches of 300 MB are dropped every second day on average, and fill, most of them within a quarter of an hour. */
export function refills(): MemoryNoise {
  return (random) => {
    let began = 0
    const small = aroundOneLevel(5, 10)(random)
    return (minute) => {
      if (random() < 1 / (2 * DAY)) began = minute
      return small(minute) + 300 * (1 - Math.exp(-(minute - began) / 6))
    }
  }
}

/** Garbage of which each reading sees more or less, mostly less. */
export function unevenReadings(): MemoryNoise {
  return (random) => {
    const level = aroundOneLevel(5, 60)(random)
    return (minute) => level(minute) - 40 * Math.log(1 - random())
  }
}

export interface NamedNoise {
  readonly name: string
  readonly noise: MemoryNoise
  /** Chance that V8 collects in a minute. @default 1 */
  readonly readingChance?: number
  /** It strays by a tenth of the threshold at most, or comes and goes within the window, as the documentation asks. */
  readonly isWithinLimits: boolean
}

const AROUND = [10, 20, 30].flatMap((deviationMb) =>
  [3, 30, 180].map((memoryMinutes) => ({
    name: `strays by ${deviationMb} MB for ${memoryMinutes} minutes`,
    noise: aroundOneLevel(deviationMb, memoryMinutes),
    isWithinLimits: deviationMb <= 10,
  })),
)

export const MEMORY_NOISES: readonly NamedNoise[] = [
  ...AROUND,
  { name: '400 sessions of 20 minutes each', noise: sessions(400, 20), isWithinLimits: true },
  { name: 'sessions by day and night', noise: sessions(120, 20, 0.6), isWithinLimits: true },
  { name: 'readings under much garbage', noise: unevenReadings(), isWithinLimits: true },
  { name: 'a reading each 10 minutes', noise: aroundOneLevel(10, 30), readingChance: 0.1, isWithinLimits: true },
  { name: 'tables that are loaded anew', noise: steps(), isWithinLimits: true },
  { name: 'caches that are dropped and fill', noise: refills(), isWithinLimits: true },
  { name: 'jobs of 2 to 20 minutes and up to 400 MB', noise: jobs(), isWithinLimits: true },
  { name: 'the same, a reading each 5 minutes', noise: jobs(), readingChance: 0.2, isWithinLimits: true },
]
