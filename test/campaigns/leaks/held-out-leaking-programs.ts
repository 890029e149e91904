import { createHook } from 'node:async_hooks'
import { bytesPerStep, type LeakingProgram, type Rate, times } from './leaking-program.ts'
import { objects, STEP_MS, text, use } from './program.ts'

/** Two closures share a scope, and the one that is kept holds what only the other one uses. */
const sharedScopes: Rate = (mbPerSecond) => {
  let last: (() => unknown) | undefined
  return {
    mbPerSecond,
    step: (_, random) => {
      const before = last
      const request = objects(bytesPerStep(mbPerSecond), random)
      const unused = (): unknown => [before, request]
      last = () => 'done'
      use(unused)
    },
  }
}

const mapOfObjects: Rate = (mbPerSecond) => {
  const answers = new Map<object, unknown>()
  return {
    mbPerSecond,
    step: (_, random) => {
      for (const request of objects(bytesPerStep(mbPerSecond) * 0.7, random)) answers.set(request, true)
    },
  }
}

const intervals: Rate = (mbPerSecond) => ({
  mbPerSecond,
  step: (_, random) => {
    const connection = objects(bytesPerStep(mbPerSecond), random)
    setInterval(() => use(connection.length), 1000).unref()
  },
})

const promiseChain: Rate = (mbPerSecond) => {
  const first = Promise.withResolvers<void>()
  let last = first.promise
  return {
    mbPerSecond,
    step: (_, random) => {
      const job = objects(bytesPerStep(mbPerSecond), random)
      last = last.then(() => use(job))
      // Whoever may end the first of them holds them all.
      use(first)
    },
  }
}

/** Some bytes of each message are kept, and with them all of it. */
const viewsOfBuffers: Rate = (mbPerSecond) => {
  const headers: Buffer[] = []
  return {
    mbPerSecond,
    isExternal: true,
    step: () => headers.push(Buffer.alloc(bytesPerStep(mbPerSecond), 1).subarray(0, 16)),
  }
}

const wordsOfDocuments: Rate = (mbPerSecond) => {
  const titles = new Set<string>()
  let next = 0
  return {
    mbPerSecond,
    step: (_, random) => {
      const document = `title: the document of number ${next++}\n${text(bytesPerStep(mbPerSecond), random)}`
      const title = /title: (.*)\n/.exec(Buffer.from(document).toString('latin1'))?.[1]
      if (title !== undefined) titles.add(title)
    },
  }
}

/** Keys repeat, so it grows ever slower, and without end. */
const memo: Rate = (mbPerSecond) => {
  const answers = new Map<number, unknown>()
  return {
    mbPerSecond,
    step: (_, random) => {
      times(150, () => {
        const question = Math.floor(random() ** -3)
        if (!answers.has(question)) answers.set(question, objects(bytesPerStep(mbPerSecond) / 18, random))
      })
    },
  }
}

/** What is to be said of an object when it is gone holds the object. */
const finalizers: Rate = (mbPerSecond) => {
  const registry = new FinalizationRegistry(use)
  return {
    mbPerSecond,
    step: (_, random) => {
      const session = objects(bytesPerStep(mbPerSecond), random)
      registry.register(session, { close: () => use(session) })
    },
  }
}

/** The values go, their keys stay. */
const weakRefs: Rate = (mbPerSecond) => {
  const known = new Map<string, WeakRef<object>>()
  let next = 0
  return {
    mbPerSecond,
    step: () => {
      times(bytesPerStep(mbPerSecond) / 130, () => known.set(`/user/${next++}/profile`, new WeakRef({ next })))
    },
  }
}

const asyncHook: Rate = (mbPerSecond) => {
  const states = new Map<number, unknown>()
  let state: object | undefined
  let isHooked = false
  const hook = createHook({
    init: (asyncId) => {
      if (state !== undefined) states.set(asyncId, state)
    },
  })
  return {
    mbPerSecond,
    step: (_, random) => {
      if (!isHooked) hook.enable()
      isHooked = true
      times(5, () => {
        state = objects(bytesPerStep(mbPerSecond) / 5, random)
        use(new Promise(() => undefined))
      })
      state = undefined
    },
  }
}

const generators: Rate = (mbPerSecond) => {
  const running = new Set<Iterator<unknown>>()
  function* pages(random: () => number): Generator<unknown> {
    const rows = objects(bytesPerStep(mbPerSecond), random)
    for (const row of rows) yield row
  }
  return {
    mbPerSecond,
    step: (_, random) => {
      const cursor = pages(random)
      cursor.next()
      running.add(cursor)
    },
  }
}

class Job {
  static readonly all: Job[] = []
  readonly input: readonly object[]
  readonly #createdMs: number

  constructor(createdMs: number, input: readonly object[]) {
    this.#createdMs = createdMs
    this.input = input
    Job.all.push(this)
  }

  get createdMs(): number {
    return this.#createdMs
  }
}

const instances: Rate = (mbPerSecond) => ({
  mbPerSecond,
  step: (elapsedMs, random) => use(new Job(elapsedMs, objects(bytesPerStep(mbPerSecond), random)).createdMs),
})

/** The buffer that was handed over is detached and empty; the one that came of it is kept. */
const transferred: Rate = (mbPerSecond) => {
  const received: ArrayBuffer[] = []
  return {
    mbPerSecond,
    isExternal: true,
    step: () => {
      const message = new ArrayBuffer(bytesPerStep(mbPerSecond))
      received.push(structuredClone(message, { transfer: [message] }))
    },
  }
}

const errors: Rate = (mbPerSecond) => {
  const failures: Error[] = []
  function fail(depth: number, context: unknown): Error {
    return depth > 0 ? fail(depth - 1, context) : new Error('the request failed', { cause: context })
  }
  return {
    mbPerSecond,
    step: (_, random) => {
      times(bytesPerStep(mbPerSecond) / 1100, (index) => {
        const error = fail(9, { index, weight: random() })
        use(error.stack)
        failures.push(error)
      })
    },
  }
}

/** A hundredth of what there is, in a second. */
const aHundredth: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  return {
    mbPerSecond,
    step: (_, random) => {
      if (kept.length === 0) kept.push(objects(mbPerSecond * 100 * 1024 * 1024, random))
      kept.push(objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** Much at once, after pauses of up to two seconds. */
const rareBursts: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  let [lastMs, dueMs] = [0, 0]
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      if (elapsedMs < dueMs) return
      kept.push(objects(bytesPerStep(mbPerSecond) * ((elapsedMs - lastMs) / STEP_MS), random))
      lastMs = elapsedMs
      dueMs = elapsedMs + 400 + random() * 1600
    },
  }
}

const late: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      const made = objects(bytesPerStep(mbPerSecond), random)
      if (elapsedMs > 8000) kept.push(made)
    },
  }
}

/** Beside work of random size that takes a random time, several times what leaks in a second. */
const underNoise: Rate = (mbPerSecond) => {
  const kept: unknown[] = []
  const working = new Set<{ readonly endMs: number; readonly input: unknown }>()
  return {
    mbPerSecond,
    step: (elapsedMs, random) => {
      for (const work of working) if (work.endMs < elapsedMs) working.delete(work)
      const input = objects(random() ** 4 * 1_500_000, random)
      working.add({ endMs: elapsedMs + 50 + random() * 700, input })
      kept.push(objects(bytesPerStep(mbPerSecond), random))
    },
  }
}

/** What comes in is more than what is done. */
const queue: Rate = (mbPerSecond) => {
  const waiting: unknown[] = []
  return {
    mbPerSecond,
    step: (_, random) => {
      for (let count = 0; count < 3; count++) waiting.push(objects(bytesPerStep(mbPerSecond), random))
      use(waiting.splice(0, 2))
    },
  }
}

const functionsKept: Rate = (mbPerSecond) => {
  const compiled = new Map<number, unknown>()
  let next = 0
  return {
    mbPerSecond,
    step: () => {
      times(bytesPerStep(mbPerSecond) / 900, () => {
        const made = new Function('row', `return row.a + ${next} > row.b * ${next}`)
        use(made({ a: 1, b: 2 }))
        compiled.set(next++, made)
      })
    },
  }
}

/** Written after the judgement was settled, to see how it does on what it was not made with. */
export const HELD_OUT_LEAKING_PROGRAMS: Readonly<Record<string, LeakingProgram>> = {
  'closures that share a scope': sharedScopes(1.5),
  'a map keyed by objects': mapOfObjects(2),
  'intervals that nobody clears': intervals(5),
  'a chain of promises behind one that never ends': promiseChain(0.7),
  'a few bytes of large buffers': viewsOfBuffers(5),
  'words found in large documents': wordsOfDocuments(1.5),
  'a memo whose keys repeat, slower and slower': memo(0.6),
  'finalizers that hold their objects': finalizers(3),
  'keys of weak references that are gone': weakRefs(0.5),
  'states in an async hook': asyncHook(1.2),
  'generators that wait': generators(2.5),
  'instances in a list of their class': instances(10),
  'buffers that were handed over': transferred(4),
  'errors with stack and cause': errors(2),
  'a hundredth more each second': aHundredth(0.2),
  'bursts after random pauses': rareBursts(2),
  'begins after 8 s': late(2),
  'under work of random size': underNoise(1),
  'a queue that is filled faster than emptied': queue(3),
  'functions made of text, and kept': functionsKept(0.5),
}
