// One process's first document by the client alone. Run by cold-start.ts.
const startedAt = performance.now()
const { Firestore } = await import('@google-cloud/firestore')
const client = new Firestore({ projectId: process.env.BENCH_PROJECT })
await client
  .collection('raw')
  .doc(`first-${process.env.BENCH_SESSION}`)
  .set({ content: 'What was said first', contentType: 'user_message', createdAt: Date.now() })
const doneAt = performance.now()
console.log(JSON.stringify({ sinceImportMs: doneAt - startedAt, sinceStartMs: doneAt }))
await client.terminate()
