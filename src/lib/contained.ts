/** Calls what somebody else wrote: what it throws, or rejects with later, ends here. */
export function contained(call: () => unknown, onError: (error: unknown) => void = () => undefined): void {
  try {
    Promise.resolve(call()).catch(onError)
  } catch (error) {
    onError(error)
  }
}
