/** Makes a first call until it succeeds: on a busy machine, loading a client and connecting take longer than a call may. */
export async function untilAnswered(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call()
      return
    } catch {
      // Whoever waits for this process gives up in the end.
    }
  }
}
