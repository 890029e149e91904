interface Stoppable {
  stop(): Promise<void>
}

/** Starts several at once. If one fails, stops the others and rejects with its reason. */
export async function startAll<T extends Stoppable>(starts: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results = await Promise.allSettled(starts.map((start) => start()))
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failure = results.find((result) => result.status === 'rejected')
  if (!failure) return started
  await stopAll(started)
  throw failure.reason
}

export async function stopAll(started: readonly Stoppable[]): Promise<void> {
  await Promise.all(started.map((one) => one.stop()))
}
