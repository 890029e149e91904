import { FreeNames } from '../../lib/free-names.ts'

/** Of a conversation whose calls are never answered, so many are remembered. */
const MAX_OPEN_CALLS = 1000

interface OpenCall {
  readonly name: string
  readonly callId: string
  readonly turn: number
  readonly approvalId: string | undefined
}

/**
 * Calls that wait for their results. Needed beyond one `from…` call only where calls have no ids and their results come
 * one by one: hand the same object to each.
 */
export class OpenCalls {
  readonly #open: OpenCall[] = []
  #turn = 0
  #answered = new FreeNames()

  /** @internal Begins a message. */
  begin(): void {
    this.#turn += 1
    this.#answered = new FreeNames()
  }

  /**
   * The id of a call: its own, or else one made of its name, which is unlike those of other open calls. So it may be the
   * same as that of an answered call: a result belongs to the newest call of its id before it.
   * @internal
   */
  opened(name: string, id: string | undefined, approvalId?: string): string {
    const callId = id ?? this.#nameOf(name)
    this.#open.push({ name, callId, turn: this.#turn, approvalId })
    if (this.#open.length > MAX_OPEN_CALLS) this.#open.shift()
    return callId
  }

  /**
   * The call that a result answers: by its id; or else the first open call of its name (of any, where it says none) in the
   * newest message with such a call; or else what that call was named, if its message was read elsewhere.
   * @internal
   */
  answered(id: string | undefined, name: string | undefined): string | undefined {
    const matches = this.#open.filter((call) =>
      id === undefined ? name === undefined || call.name === name : call.callId === id,
    )
    const newest = matches.at(-1)
    const call = matches.find(({ turn }) => turn === newest?.turn)
    if (call !== undefined) {
      this.#open.splice(this.#open.indexOf(call), 1)
      // A result that follows without an open call is not of this one again.
      this.#answered.take(call.callId)
    }
    if (id !== undefined || call !== undefined) return id ?? call?.callId
    return name === undefined ? undefined : this.#answered.give(name)
  }

  #nameOf(name: string): string {
    const names = new FreeNames()
    for (const { callId } of this.#open) names.take(callId)
    return names.give(name)
  }

  /** @internal The call that leave was asked for. */
  approved(approvalId: string): string | undefined {
    return this.#open.findLast((call) => call.approvalId === approvalId)?.callId
  }
}
