import type { FinishReason } from './gemini-answers.ts'
import type { GeminiRequest } from './gemini-request.ts'

/** What is to go wrong. */
export type GeminiFault =
  /** An error of the service. `retryDelaySeconds` stands in its body, `retryAfterSeconds` in a header. */
  | {
      readonly kind: 'status'
      readonly code: number
      readonly message?: string
      readonly retryDelaySeconds?: number
      readonly retryAfterSeconds?: number
    }
  /** A page of something in between. @default code 502 */
  | { readonly kind: 'html'; readonly code?: number }
  /** What was sent is refused: `promptFeedback`, and no candidates. */
  | { readonly kind: 'prompt blocked'; readonly reason?: string }
  /** The model stops for that reason: half-way with `MAX_TOKENS`, otherwise without a word. */
  | { readonly kind: 'finish'; readonly reason: FinishReason }
  | { readonly kind: 'no candidates' }
  /** The model says this. */
  | { readonly kind: 'text'; readonly text: string }
  /** The body is this, with status 200. */
  | { readonly kind: 'body'; readonly body: string }
  /** No answer, until the client goes away. */
  | { readonly kind: 'silence' }
  /** Half of an answer, and no more until the client goes away. */
  | { readonly kind: 'stall' }
  /** Half of an answer, and then the connection breaks. */
  | { readonly kind: 'reset' }

export interface GeminiFaultOptions {
  /** How many requests it is for; `Infinity` for all. @default 1 */
  readonly times?: number
  /** @default all */
  readonly matches?: (request: GeminiRequest) => boolean
}

/** Faults that wait for their requests. A request meets the oldest that matches, and no other. */
export class GeminiFaults {
  readonly #planned = new Set<{
    readonly fault: GeminiFault
    left: number
    readonly matches: (request: GeminiRequest) => boolean
  }>()

  plan(fault: GeminiFault, { times = 1, matches = () => true }: GeminiFaultOptions = {}): void {
    this.#planned.add({ fault, left: times, matches })
  }

  take(request: GeminiRequest): GeminiFault | undefined {
    const planned = [...this.#planned].find(({ matches }) => matches(request))
    if (!planned) return undefined
    planned.left -= 1
    if (planned.left === 0) this.#planned.delete(planned)
    return planned.fault
  }

  clear(): void {
    this.#planned.clear()
  }
}
