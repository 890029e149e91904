import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import { bytesPerStep, type LeakingProgram, type Rate, times } from './leaking-program.ts'
import { objects, STEP_MS, text, use } from './program.ts'

/** Keeps in each step what `make` gives for a number of bytes. */
function keeping(make: (bytes: number, random: () => number) => unknown, isExternal = false): Rate {
  return (mbPerSecond) => {
    const kept: unknown[] = []
    return {
      mbPerSecond,
      isExternal,
      step: (_, random) => kept.push(make(bytesPerStep(mbPerSecond), random)),
    }
  }
}

const unboundedCache: Rate = (mbPerSecond) => {
  const cache = new Map<string, object>()
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      function remember(index: number): void {
        cache.set(`${elapsedMs}/${index}`, { answer: [random(), random(), random(), random()] })
      }
      times(bytesPerStep(mbPerSecond) / 220, remember)
    },
  }
}

const listeners: Rate = (mbPerSecond) => {
  const emitter = new EventEmitter().setMaxListeners(0)
  return {
    mbPerSecond,
    step: (_, random) => {
      const state = objects(bytesPerStep(mbPerSecond), random)
      emitter.on('change', () => use(state))
    },
  }
}

const abortListeners: Rate = (mbPerSecond) => {
  const { signal } = new AbortController()
  EventEmitter.setMaxListeners(0, signal)
  return {
    mbPerSecond,
    step: (_, random) => {
      const request = objects(bytesPerStep(mbPerSecond), random)
      signal.addEventListener('abort', () => use(request))
    },
  }
}

const timers: Rate = (mbPerSecond) => ({
  mbPerSecond,
  step: (_, random) => {
    const job = objects(bytesPerStep(mbPerSecond), random)
    setTimeout(() => use(job), 3_600_000).unref()
  },
})

const waiters: Rate = (mbPerSecond) => {
  const waiting: (() => void)[] = []
  return {
    mbPerSecond,
    step: (_, random) => {
      const request = objects(bytesPerStep(mbPerSecond), random)
      void new Promise<void>((resolve) => waiting.push(resolve)).then(() => use(request))
    },
  }
}

const chain: Rate = (mbPerSecond) => {
  let last: unknown
  return {
    mbPerSecond,
    step: (_, random) => {
      for (const payload of objects(bytesPerStep(mbPerSecond) * 0.7, random)) last = { payload, before: last }
    },
  }
}

const asyncStores: Rate = (mbPerSecond) => {
  const storage = new AsyncLocalStorage<object>()
  const callbacks: (() => unknown)[] = []
  return {
    mbPerSecond,
    step: (_, random) =>
      storage.run(objects(bytesPerStep(mbPerSecond), random), () =>
        callbacks.push(AsyncResource.bind(() => undefined)),
      ),
  }
}

const weakKeysKept: Rate = (mbPerSecond) => {
  const keys: object[] = []
  const values = new WeakMap<object, unknown>()
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      const key = { elapsedMs }
      keys.push(key)
      values.set(key, objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** Nothing for half a second, then as much at once. */
const bursts: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  let due = 500
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      if (elapsedMs < due) return
      due += 500
      kept.push(objects(bytesPerStep(mbPerSecond) * (500 / STEP_MS), random))
    },
  }
}

/** The leak is a small share of what is allocated. */
const amongGarbage: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  return {
    mbPerSecond,
    step: (_, random) => {
      use(objects(1_000_000, random))
      kept.push(objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** Beside batches that come and go, several times what leaks in a second. */
const underBatches: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  let batch: unknown[] = []
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      if (elapsedMs % 800 < STEP_MS) batch = []
      batch.push(objects(300_000, random))
      kept.push(objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** Beside a cache that is full and turns over. */
const besideCache: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  const cache: unknown[] = Array.from({ length: 200 })
  let turn = 0
  return {
    mbPerSecond,
    step: (_, random) => {
      for (let count = 0; count < 4; count++) cache[turn++ % cache.length] = objects(100_000, random)
      kept.push(objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** Twice as fast at the end as at the beginning. */
const faster: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  return {
    mbPerSecond,
    step: (elapsedMs, random) =>
      kept.push(objects(bytesPerStep(mbPerSecond) * Math.min(2, 0.7 + elapsedMs / 15_000), random)),
  }
}

/** A program of each kind; the rates spread over a factor of 16. */
export const LEAKING_PROGRAMS: Readonly<Record<string, LeakingProgram>> = {
  'objects in an array, slowly': keeping(objects)(1),
  'objects in an array, fast': keeping(objects)(16),
  'a cache without a limit': unboundedCache(4),
  'listeners that nobody removes': listeners(2),
  'listeners of a signal that lives on': abortListeners(4),
  'timers that nobody clears': timers(3),
  'promises that nobody settles': waiters(3),
  'a chain in which each holds the one before': chain(2),
  'contexts of callbacks that are kept': asyncStores(2),
  'values of weak keys that are kept': weakKeysKept(4),
  'texts in a log': keeping(text)(3),
  'a few characters of large texts': keeping((bytes, random) => text(bytes, random).slice(5, 50))(6),
  'buffers in a list': keeping((bytes) => Buffer.alloc(Math.ceil(bytes)), true)(8),
  'numbers in typed arrays': keeping((bytes) => new Float64Array(Math.ceil(bytes / 8)), true)(2),
  'parsed documents': keeping((bytes, random) => JSON.parse(JSON.stringify(objects(bytes * 0.8, random))))(3),
  'bursts twice a second': bursts(4),
  'one object of a hundred, among garbage': amongGarbage(1),
  'under batches that come and go': underBatches(3),
  'beside a cache that is full': besideCache(2),
  'faster and faster': faster(2),
}
