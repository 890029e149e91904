/** Of a conversation whose calls are never answered, so many are remembered. */
const MAX_OPEN_CALLS = 1000

/** A name for a call that has no id: by its message in the conversation, and its place among the calls of that. */
export function nameCall(name: string, index: number, place: number): string {
  return place === 0 ? `${name}-${index}` : `${name}-${index}-${place}`
}

/** Ties results to calls where a source gives them no ids: the first open call of that name is the one answered. */
export class OpenCalls {
  readonly #open: { readonly name: string; readonly callId: string }[] = []

  opened(name: string, callId: string): void {
    this.#open.push({ name, callId })
    if (this.#open.length > MAX_OPEN_CALLS) this.#open.shift()
  }

  /** The call that a result answers, by its id or by its name; of any name where it says none. */
  answered({
    callId,
    name,
  }: {
    readonly callId?: string | undefined
    readonly name?: string | undefined
  }): string | undefined {
    const at = this.#open.findIndex((call) =>
      callId === undefined ? name === undefined || call.name === name : call.callId === callId,
    )
    const [call] = at === -1 ? [] : this.#open.splice(at, 1)
    return callId ?? call?.callId
  }
}
