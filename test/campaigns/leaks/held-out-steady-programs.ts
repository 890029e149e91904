import { AsyncLocalStorage } from 'node:async_hooks'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { objects, type Program, text, use } from './program.ts'

const MB = 1024 * 1024

/** Some keys are asked for much more often than others: as often as one by their number (Zipf). */
function popular(keys: number, random: () => number): number {
  return Math.floor(keys ** random()) - 1
}

function leastRecentlyUsed(most: number): Program {
  const cache = new Map<number, unknown>()
  function read(key: number, random: () => number): void {
    const value = cache.get(key) ?? objects(5000 + random() * 20_000, random)
    cache.delete(key)
    cache.set(key, value)
    for (const oldest of cache.keys()) {
      if (cache.size <= most) break
      cache.delete(oldest)
    }
  }
  return {
    step: (_, random) => {
      while (cache.size < most) read(Math.floor(random() * 1e6), random)
      for (let count = 0; count < 12; count++) read(popular(1e6, random), random)
    },
  }
}

/** Keeps an answer for each key; there are only so many. */
function memo(perStep: number, bytes: number, key: (random: () => number) => number): Program {
  const answers = new Map<number, unknown>()
  return {
    step: (_, random) => {
      for (let count = 0; count < perStep; count++) {
        const question = key(random)
        if (!answers.has(question)) answers.set(question, objects(bytes, random))
      }
    },
  }
}

/** Each job grows, holds its result for a while, and ends; the next comes after a pause. */
function jobs(): Program {
  let result: unknown[] = []
  let [growsUntilMs, endsMs, nextMs] = [0, 0, 0]
  return {
    step: (elapsedMs, random) => {
      if (elapsedMs >= nextMs) {
        growsUntilMs = elapsedMs + 300 + random() * 400
        endsMs = growsUntilMs + random() * 300
        nextMs = endsMs + random() * 300
      }
      if (elapsedMs < growsUntilMs) result.push(objects(300_000, random))
      if (elapsedMs >= endsMs) result = []
    },
  }
}

/** Users come and go, more by day than by night. */
function dayAndNight(dayMs: number, most: number): Program {
  const users: unknown[] = []
  return {
    step: (elapsedMs, random) => {
      const wanted = most * (0.6 - 0.4 * Math.cos((2 * Math.PI * elapsedMs) / dayMs)) * (0.95 + 0.1 * random())
      while (users.length < wanted) users.push(objects(10_000 + random() * 20_000, random))
      while (users.length > wanted) users.splice(Math.floor(random() * users.length), 1)
      use(objects(200_000, random))
    },
  }
}

/** As many as were ever needed at once, at most 100. */
function pool(): Program {
  const connections: Buffer[] = []
  return {
    step: (_, random) => {
      const needed = Math.min(100, 30 + Math.floor(Math.log(1 / random()) * 15))
      while (connections.length < needed) connections.push(Buffer.alloc(65_536, 1))
    },
  }
}

/** All parts of the program are used for the first time within 3 s, and again and again later. */
function codeThatWarmsUp(): Program {
  const parts: ((value: number) => number)[] = []
  return {
    step: (elapsedMs, random) => {
      if (elapsedMs < 3000) {
        const lines = Array.from({ length: 60 }, (_, line) => `value = value * ${random()} + ${line}`)
        parts.push(new Function('value', `${lines.join('\n')}\nreturn value`) as (value: number) => number)
      }
      for (const part of parts) for (let count = 0; count < 50; count++) part(count)
    },
  }
}

/** The new one is made while the old one is in use. */
function rebuiltIndex(everyMs: number): Program {
  let index = new Map<string, readonly number[]>()
  let next = new Map<string, readonly number[]>()
  let builtMs = 0
  return {
    step: (elapsedMs, random) => {
      for (let count = 0; count < 500; count++) next.set(`word ${next.size}`, [random(), random(), random()])
      if (elapsedMs - builtMs < everyMs) return
      index = next
      next = new Map()
      builtMs = elapsedMs
      use(index.get('word 1'))
    },
  }
}

function streams(): Program {
  async function zip(random: () => number): Promise<void> {
    const chunks = Array.from({ length: 20 }, () => text(20_000, random))
    await pipeline(Readable.from(chunks), createGzip(), new Writable({ write: (_chunk, _encoding, done) => done() }))
  }
  let running = 0
  return {
    step: (_, random) => {
      if (running > 4) return
      running++
      void zip(random).finally(() => running--)
    },
  }
}

/** A session ends 600 ms after it was used last. */
function renewedSessions(): Program {
  const sessions = new Map<number, { usedMs: number; readonly history: unknown }>()
  return {
    step: (elapsedMs, random) => {
      for (let count = 0; count < 8; count++) {
        const user = popular(2000, random)
        const session = sessions.get(user) ?? { usedMs: 0, history: objects(random() * 40_000, random) }
        sessions.set(user, session)
        session.usedMs = elapsedMs
      }
      for (const [user, { usedMs }] of sessions) if (elapsedMs - usedMs > 600) sessions.delete(user)
    },
  }
}

/** Holds more from each of these times on. */
function loads(parts: readonly { readonly atMs: number; readonly make: (random: () => number) => unknown }[]): Program {
  const held: unknown[] = []
  return {
    step: (elapsedMs, random) => {
      const next = parts[held.length]
      if (next !== undefined && elapsedMs >= next.atMs) held.push(next.make(random))
      use(objects(100_000, random))
    },
  }
}

/** Tasks at the same time, each with an input of its own. */
function workers(count: number): Program {
  let running = 0
  async function work(random: () => number): Promise<void> {
    const input = objects(50_000 + random() * 150_000, random)
    await new Promise((resolve) => setTimeout(resolve, 50 + random() * 350))
    use(input.length)
  }
  return {
    step: (_, random) => {
      while (running < count) {
        running++
        void work(random).finally(() => running--)
      }
    },
  }
}

/** Filled all the time, emptied now and then. */
function queue(): Program {
  let waiting: unknown[] = []
  let dueMs = 0
  return {
    step: (elapsedMs, random) => {
      waiting.push(objects(150_000 * random(), random))
      if (elapsedMs < dueMs) return
      waiting = []
      dueMs = elapsedMs + 300 + random() * 900
    },
  }
}

function logOfLines(most: number): Program {
  const lines: string[] = []
  return {
    step: (_, random) => {
      do lines.push(text(200 + random() * 2000, random))
      while (lines.length < most)
      while (lines.length > most) lines.shift()
    },
  }
}

function requestContexts(): Program {
  const storage = new AsyncLocalStorage<object>()
  return {
    step: (_, random) => {
      for (let count = 0; count < 5; count++) {
        storage.run(objects(40_000, random), () => setTimeout(() => use(storage.getStore()), random() * 200))
      }
    },
  }
}

function errorsCaught(): Program {
  return {
    step: (_, random) => {
      for (let count = 0; count < 20; count++) {
        try {
          throw new Error('refused', { cause: objects(5000, random) })
        } catch (error) {
          use(error instanceof Error && error.stack)
        }
      }
    },
  }
}

/** Keys go with their values. */
function weakCache(): Program {
  const cache = new Map<number, WeakRef<object>>()
  const cleanUp = new FinalizationRegistry<number>((key) => {
    if (cache.get(key)?.deref() === undefined) cache.delete(key)
  })
  let next = 0
  return {
    step: (_, random) => {
      for (let count = 0; count < 10; count++) {
        const value = objects(10_000, random)
        cleanUp.register(value, next)
        cache.set(next++, new WeakRef(value))
      }
    },
  }
}

/** Twice as large each time that it is full, until all is in it. */
function doublingArray(mbPerSecond: number, mostMb: number): Program {
  let store = new Uint8Array(MB)
  return {
    step: (elapsedMs) => {
      const wanted = Math.min(mostMb, (elapsedMs / 1000) * mbPerSecond) * MB
      while (store.length < wanted) {
        const larger = new Uint8Array(store.length * 2)
        larger.set(store)
        store = larger
      }
    },
  }
}

/** Written after the judgement was settled, to see how it does on what it was not made with. */
export const HELD_OUT_STEADY_PROGRAMS: Readonly<Record<string, Program>> = {
  'the least recently used go': leastRecentlyUsed(800),
  'a memo that levels off': memo(40, 4000, (random) => Math.floor(random() * 2500)),
  // All of it is 2 MB.
  'a memo of popular keys, ever slower': memo(40, 300, (random) => popular(4000, random)),
  'jobs of random length': jobs(),
  'days shorter than the window': dayAndNight(4000, 500),
  'days of four windows, by less than the threshold': dayAndNight(20_000, 105),
  'a pool that grows to what is needed': pool(),
  'code that warms up': codeThatWarmsUp(),
  'an index that is rebuilt': rebuiltIndex(1500),
  'streams through a compressor': streams(),
  'sessions that are renewed': renewedSessions(),
  'one step of 50 MB': loads([{ atMs: 5000, make: () => Buffer.alloc(50 * MB, 1) }]),
  'two parts loaded one after the other': loads([
    { atMs: 3500, make: (random) => objects(12 * MB, random) },
    { atMs: 5500, make: (random) => objects(8 * MB, random) },
  ]),
  'tasks at the same time': workers(30),
  'a queue that is emptied now and then': queue(),
  'the last lines of a log': logOfLines(5000),
  'contexts of requests': requestContexts(),
  'errors that are caught': errorsCaught(),
  'weak references that are cleaned up': weakCache(),
  'an array that doubles until all is in it': doublingArray(8, 32),
}
