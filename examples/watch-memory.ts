/**
 * Watching the memory of a process: what is told when it gets short, and what is done, with an action of one's own. After
 * `npm run build`: `npx node examples/watch-memory.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openThermocline } from 'thermocline'
import { callbackChannel, MemoryProfiler, PRESSURE_ACTIONS } from 'thermocline/telemetry'

const folder = mkdtempSync(join(tmpdir(), 'thermocline-watch-'))
const { memory, close } = await openThermocline({ path: join(folder, 'chat.db') })

// Something of the program's own that takes memory, and can be made again.
let pictures: Uint8Array[] = []

const profiler = new MemoryProfiler({
  // Less than V8 would give, so that it gets short here. Percentages of V8's and the container's limit are the default.
  limits: { maxHeapMb: 64 },
  channels: [callbackChannel(({ event, alert }) => console.log(`${event}: ${alert.kind}`))],
  pressureResponse: {
    actions: {
      // First ours, then what is done anyway: caches shrink, garbage is collected, what can wait is refused.
      critical: (state, means) => {
        pictures = []
        return PRESSURE_ACTIONS.critical(state, means)
      },
    },
  },
})
profiler.setTieredStorage(memory)
profiler.on('pressureAnswered', ({ level, deeds }) => {
  for (const { deed, freedBytes = 0 } of deeds)
    console.log(`${level}: ${deed}, ${Math.round(freedBytes / 1e6)} MB freed`)
})
profiler.startProfiling()
console.log(`at first: ${profiler.getMemoryPressure()}`)

pictures = Array.from({ length: 50 }, () => new Uint8Array(1024 * 1024))
await profiler.collectMetrics()
console.log(`with 50 MB of pictures: ${profiler.getMemoryPressure()}`)

// Whatever the level is, items are added and read as ever.
const session = { userId: 'ada', sessionId: 'trip-to-oslo' }
await memory.addMemoryItem({ ...session, contentType: 'user_message', content: 'I am allergic to nuts.' })
console.log(`meanwhile: ${(await memory.getConversationHistory(session))[0]?.content}`)

// A level ends one reading at a time, so that it doesn't come back at once.
while (profiler.isMemoryPressureDetected()) await profiler.collectMetrics()
console.log(`pictures left: ${pictures.length}, ${profiler.getMemoryPressure()}`)

const { stores } = await profiler.collectMetrics()
for (const { store, calls, errors } of stores)
  console.log(`${store}: ${calls > 0 ? 'calls' : 'no calls'}, ${errors} errors`)

await profiler.stopProfiling()
await close()
rmSync(folder, { recursive: true, force: true })
