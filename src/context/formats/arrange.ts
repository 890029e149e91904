import { FreeNames } from '../../lib/free-names.ts'
import type { MemoryItem } from '../../memory/memory-item.ts'
import { argsObject, toolName } from './call-text.ts'
import type {
  ApprovalDraft,
  CallDraft,
  Draft,
  MessageFormat,
  PayloadReader,
  ResultDraft,
  SentCall,
  SentResult,
  Speaker,
  TextDraft,
} from './draft.ts'
import { type Piece, piecesOf } from './pieces.ts'

/** What a call is answered with that nobody answered. */
export const NO_RESULT = 'No result was recorded for this call.'
/** What stands before a result whose call is not there. */
export const ORPHAN_RESULT = 'Result of a tool call that is not shown here'

/** Longer ids of calls are refused by OpenAI. */
const MAX_CALL_ID_CHARACTERS = 40

/** A call, with what answers it. */
interface Exchange<Message> {
  readonly draft: CallDraft
  readonly sent: SentCall
  readonly of: Piece<Message>
  result?: Answer<Message>
  /** Leave for it, which may have been asked for: then the result is still to come. */
  readonly approvals: Answer<Message>[]
}

interface Answer<Message> {
  readonly draft: ResultDraft | ApprovalDraft
  readonly of: Piece<Message>
  /** Which piece that is. */
  readonly at: number
}

/**
 * Messages of items, such that an API takes them: each turn of calls is followed at once by one result for each call, and
 * by nothing else; no result stands elsewhere. What came as a message of this format goes as it came.
 */
export function arrange<Message>(
  items: readonly MemoryItem[],
  format: MessageFormat<Message>,
  readers: readonly PayloadReader[],
): Message[] {
  return new Arranger(format, piecesOf(items, format, readers)).messages()
}

class Arranger<Message> {
  readonly #format: MessageFormat<Message>
  readonly #pieces: readonly Piece<Message>[]
  readonly #exchanges = new Map<Draft, Exchange<Message>>()
  /** Results and approvals that go with a call. */
  readonly #answering = new Set<Draft>()
  readonly #told = new Set<Draft>()
  readonly #messages: Message[] = []

  constructor(format: MessageFormat<Message>, pieces: readonly Piece<Message>[]) {
    this.#format = format
    this.#pieces = pieces
    this.#pair()
  }

  messages(): Message[] {
    for (const piece of this.#pieces) {
      const exchanges = piece.drafts.flatMap((draft) => this.#exchanges.get(draft) ?? [])
      if (exchanges.length > 0) this.#tellExchange(piece, exchanges)
      else this.#tellOthers(piece)
    }
    return this.#messages
  }

  /** A result belongs to the newest call of its id before it, as in pruning; further ones for that call to none. */
  #pair(): void {
    const newest = new Map<string, Exchange<Message>>()
    const asking = new Map<string, Exchange<Message>>()
    for (const [at, piece] of this.#pieces.entries()) {
      const ids = new FreeNames()
      for (const draft of piece.drafts) {
        if (draft.kind === 'call') {
          const exchange = exchangeOf(draft, piece, at, ids)
          this.#exchanges.set(draft, exchange)
          newest.set(draft.callId, exchange)
          if (draft.approvalId !== undefined) asking.set(draft.approvalId, exchange)
        } else if (draft.kind === 'approval') {
          asking.get(draft.approvalId)?.approvals.push({ draft, of: piece, at })
        } else if (draft.kind === 'result') {
          const exchange = newest.get(draft.callId ?? '')
          if (exchange === undefined || exchange.result !== undefined || isOfOtherTool(draft, piece, exchange)) continue
          exchange.result = { draft, of: piece, at }
          this.#answering.add(draft)
        }
      }
    }
  }

  #tellExchange(piece: Piece<Message>, exchanges: readonly Exchange<Message>[]): void {
    if (piece.native !== undefined) this.#tellNative(piece, piece.drafts)
    else {
      const said = exchanges.map(({ draft }) => draft.said).filter((text) => text !== '')
      const calls = exchanges.map(({ sent }) => sent)
      this.#messages.push(this.#format.calls(said.join('\n'), calls))
    }
    // Answers go as they came to calls that go as they came: only then do their ids agree for sure.
    const answers = exchanges.flatMap(({ result, approvals }) => (result ? [...approvals, result] : approvals))
    const native = piece.native === undefined ? [] : answers.filter(({ of }) => of.native !== undefined)
    const isNative = new Set<Answer<Message>>(native)
    const nativeDrafts = new Set<Draft>(native.map(({ draft }) => draft))
    for (const { draft, of } of native.sort((a, b) => a.at - b.at)) {
      if (this.#told.has(draft)) continue
      const isOfTurn = (one: Draft): boolean => one.kind === 'text' || nativeDrafts.has(one)
      this.#tellNative(
        of,
        of.drafts.filter((one) => isOfTurn(one) && !this.#told.has(one)),
      )
    }
    const built = exchanges.flatMap(({ result, approvals, sent }): SentResult[] => {
      if (result === undefined)
        return approvals.some((leave) => isNative.has(leave)) ? [] : [{ call: sent, text: NO_RESULT }]
      return isNative.has(result) ? [] : [{ call: sent, text: result.draft.content }]
    })
    if (built.length > 0) this.#messages.push(...this.#format.results(built))
  }

  #tellOthers(piece: Piece<Message>): void {
    const drafts = piece.drafts.filter((draft) => !this.#told.has(draft) && !this.#answering.has(draft))
    const results = drafts.filter((draft) => draft.kind === 'result')
    for (const { name, content } of results) {
      this.#tellText('user', `${ORPHAN_RESULT}${name === undefined ? '' : ` (${name})`}:\n${content}`)
    }
    const texts = drafts.filter((draft) => draft.kind === 'text')
    if (texts.length === 0) return
    if (piece.native !== undefined) this.#tellNative(piece, texts)
    else for (const draft of texts) this.#tellText(speakerOf(draft), draft.content)
  }

  /** The message as it came, but for what is not to be told. */
  #tellNative({ native }: Piece<Message>, drafts: readonly Draft[]): void {
    if (native === undefined) return
    for (const draft of drafts) this.#told.add(draft)
    const kept = new Set(drafts.flatMap(({ parts }) => parts))
    const others = native.drafts.flatMap(({ parts }) => parts).filter((part) => !kept.has(part))
    const message = this.#format.without(native.message, new Set(others))
    if (message !== undefined) this.#messages.push(message)
  }

  /** Text that is none makes no message: APIs refuse it. */
  #tellText(speaker: Speaker, text: string): void {
    if (text !== '') this.#messages.push(this.#format.text(speaker, text))
  }
}

/** Where models number their calls anew, a result whose own call is gone may seem to answer an older one. */
function isOfOtherTool<Message>({ name }: ResultDraft, { native }: Piece<Message>, call: Exchange<Message>): boolean {
  return native !== undefined && call.of.native !== undefined && name !== undefined && name !== call.draft.name
}

function exchangeOf<Message>(draft: CallDraft, of: Piece<Message>, at: number, ids: FreeNames): Exchange<Message> {
  const { callId, ownId, name, args } = draft
  if (of.native !== undefined) return { draft, of, sent: { id: callId, ownId, name, args }, approvals: [] }
  const id = ids.give(callId === '' ? `call_${at}` : callId, MAX_CALL_ID_CHARACTERS)
  const sent = { id, ownId: undefined, name: toolName(name), args: argsObject(args) }
  return { draft, of, sent, approvals: [] }
}

/** A summary holds what others said, so it must not pass for an instruction. */
function speakerOf({ contentType }: TextDraft): Speaker {
  if (contentType === 'system_message') return 'system'
  return contentType === 'user_message' || contentType === 'summary' ? 'user' : 'assistant'
}
