import { DATA, FrameReader, HEADERS, PREFACE_BYTES, RST_STREAM } from './http2-frames.ts'

/** What is said on a connection, as far as one must know which answer belongs to which request. */
export interface Conversation {
  /** Takes a piece of what the client sends; kept for `find` until `forget`. */
  request(piece: Buffer): void
  /** Whether a request matches. Its answer is then the one that is waited for. */
  find(matches: RegExp): boolean
  forget(): void
  /** Takes a piece of what the target sends, and says where in it the answer begins: after its end if it does not yet. */
  answerIn(piece: Buffer): number
}

/** How far back a request that came in pieces is put together to be matched. */
const MATCHED_CHARACTERS = 65_536

/** One request, whatever it means; what comes next from the target answers it. */
export class PlainConversation implements Conversation {
  #seen = ''

  request(piece: Buffer): void {
    this.#seen = joined(this.#seen, piece)
  }

  find(matches: RegExp): boolean {
    return this.#seen.search(matches) >= 0
  }

  forget(): void {
    this.#seen = ''
  }

  answerIn(): number {
    return 0
  }
}

/** Calls side by side, each in a stream of its own. What is matched is the body of one; its head is compressed. */
export class Http2Conversation implements Conversation {
  readonly #requests = new FrameReader(PREFACE_BYTES)
  readonly #replies = new FrameReader()
  readonly #bodies = new Map<number, string>()
  #awaited: number | undefined
  #isAnswered = false

  request(piece: Buffer): void {
    for (const { type, streamId, payload } of this.#requests.read(piece)) {
      if (type === DATA) this.#bodies.set(streamId, joined(this.#bodies.get(streamId) ?? '', payload))
    }
  }

  find(matches: RegExp): boolean {
    this.#awaited = [...this.#bodies].find(([, body]) => body.search(matches) >= 0)?.[0]
    return this.#awaited !== undefined
  }

  forget(): void {
    this.#bodies.clear()
  }

  /** Settings, window updates and pings are no answer: they come before a call has been carried out. */
  answerIn(piece: Buffer): number {
    const answers = this.#replies.read(piece).filter(({ type }) => [DATA, HEADERS, RST_STREAM].includes(type))
    for (const { streamId } of answers) this.#bodies.delete(streamId)
    if (this.#isAnswered) return 0
    const first = answers.find(({ streamId }) => streamId === this.#awaited)
    this.#isAnswered = first !== undefined
    return first?.from ?? piece.length
  }
}

function joined(before: string, piece: Buffer): string {
  return (before + piece.toString('latin1')).slice(-MATCHED_CHARACTERS)
}
