// One process's first item in a new session. Run by cold-start.ts.
const startedAt = performance.now()
const { TieredStorageManager } = await import('../../dist/index.js')
const memory = new TieredStorageManager({ projectId: process.env.BENCH_PROJECT })
await memory.addMemoryItem({
  userId: `user-${process.pid}`,
  sessionId: process.env.BENCH_SESSION,
  content: 'What was said first',
  contentType: 'user_message',
})
const doneAt = performance.now()
console.log(JSON.stringify({ sinceImportMs: doneAt - startedAt, sinceStartMs: doneAt }))
await memory.close()
