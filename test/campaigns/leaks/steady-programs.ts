import { EventEmitter } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { objects, type Program, text, use } from './program.ts'

const MB = 1024 * 1024

/** Full from its first step on: how long a busy machine takes to fill it is not what is asked. */
function ring(length: number, make: (random: () => number) => unknown, perStep = 2): Program {
  let kept: unknown[] | undefined
  let turn = 0
  return {
    step: (_, random) => {
      kept ??= Array.from({ length }, () => make(random))
      for (let count = 0; count < perStep; count++) kept[turn++ % length] = make(random)
    },
  }
}

/** Grows for some time by so many bytes in each step, drops all, and begins again. */
function batches(periodMs: number, bytes: number): Program {
  let batch: unknown[] = []
  let began = 0
  return {
    step: (elapsedMs, random) => {
      if (elapsedMs - began >= periodMs) {
        batch = []
        began = elapsedMs
      }
      batch.push(objects(bytes, random))
    },
  }
}

function fillsUntil(endMs: number, bytes: number): Program {
  const kept: unknown[] = []
  return {
    step: (elapsedMs, random) => (elapsedMs < endMs ? kept.push(objects(bytes, random)) : use(objects(bytes, random))),
  }
}

function oneStep(atMs: number, bytes: number): Program {
  let table: unknown
  return {
    step: (elapsedMs, random) => {
      if (elapsedMs >= atMs) table ??= objects(bytes, random)
      use(table)
    },
  }
}

/** Sessions of random sizes that come and end at random. */
function sessions(most: number): Program {
  let open: unknown[] | undefined
  const session = (random: () => number): unknown => (random() < 0.5 ? objects(random() * 60_000, random) : undefined)
  return {
    step: (_, random) => {
      open ??= Array.from({ length: most }, () => session(random))
      for (let count = 0; count < 6; count++) open[Math.floor(random() * most)] = session(random)
    },
  }
}

function timeToLive(ttlMs: number): Program {
  const entries = new Map<number, { readonly until: number; readonly value: unknown }>()
  let next = 0
  return {
    step: (elapsedMs, random) => {
      entries.set(next++, { until: elapsedMs + ttlMs, value: objects(100_000, random) })
      for (const [key, { until }] of entries) if (until <= elapsedMs) entries.delete(key)
    },
  }
}

/** What is in use follows the load, up and down. */
function waves(periodMs: number, most: number): Program {
  let held: unknown[] = []
  return {
    step: (elapsedMs, random) => {
      const wanted = Math.floor(most * (0.5 + 0.5 * Math.sin((2 * Math.PI * elapsedMs) / periodMs)))
      held = held.slice(0, wanted)
      while (held.length < wanted) held.push(objects(100_000, random))
    },
  }
}

function shrinking(parts: number): Program {
  let held: unknown[] | undefined
  return {
    step: (_, random) => {
      held ??= Array.from({ length: parts }, () => objects(200_000, random))
      held.pop()
    },
  }
}

function listenersRemoved(): Program {
  const emitter = new EventEmitter()
  return {
    step: (_, random) => {
      const state = objects(80_000, random)
      const listener = (): void => use(state)
      emitter.on('change', listener).emit('change')
      emitter.off('change', listener)
    },
  }
}

function weakKeysDropped(): Program {
  const values = new WeakMap<object, unknown>()
  return { step: (elapsedMs, random) => values.set({ elapsedMs }, objects(80_000, random)) }
}

function requests(): Program {
  const server = createServer((_, response) => response.end('x'.repeat(10_000))).listen(0)
  server.unref()
  return {
    step: () => {
      const { port } = server.address() as AddressInfo
      for (let count = 0; count < 3; count++) get({ port }, (response) => response.resume())
    },
  }
}

function growingText(most: number): Program {
  let log = ''
  return {
    step: (_, random) => {
      log += text(200_000, random)
      if (log.length > most) log = ''
    },
  }
}

function functionsMade(): Program {
  return {
    step: (elapsedMs) => {
      for (let count = 0; count < 5; count++) use(new Function('a', `return a + ${elapsedMs + count}`)(1))
    },
  }
}

/** Programs that hold much, or little, and hold no more after a while. */
export const STEADY_PROGRAMS: Readonly<Record<string, Program>> = {
  'does nothing': { step: () => undefined },
  'garbage, little': { step: (_, random) => use(objects(50_000, random)) },
  'garbage, much': { step: (_, random) => use(objects(1_500_000, random)) },
  'a cache that is full and turns over': ring(300, (random) => objects(60_000, random), 4),
  'large buffers in a ring': ring(20, () => Buffer.alloc(MB)),
  'buffers that are dropped': { step: () => use(Buffer.alloc(2 * MB)) },
  'batches, each of half a second': batches(500, 500_000),
  'batches, each of a second and a half': batches(1500, 200_000),
  'a cache that fills at the beginning': fillsUntil(2000, 200_000),
  'a table that is loaded once': oneStep(4000, 25 * MB),
  'sessions of random sizes': sessions(400),
  'entries that end after a second': timeToLive(1000),
  'a load that goes up and down': waves(1200, 100),
  'much at first, less and less': shrinking(150),
  'listeners that are removed': listenersRemoved(),
  'weak keys that are dropped': weakKeysDropped(),
  'requests and answers': requests(),
  'a text that grows and is cut': growingText(4 * MB),
  'functions made of text': functionsMade(),
  'documents parsed and written': {
    step: (_, random) => use(JSON.stringify(JSON.parse(JSON.stringify(objects(300_000, random)))).length),
  },
}
