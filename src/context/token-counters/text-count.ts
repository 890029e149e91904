import { BytePairMerge, countShortPiece } from './byte-pair-merge.ts'
import type { PreTokenEnd } from './pre-tokens.ts'
import type { RankTable } from './rank-table.ts'

const SHORT_BYTES = 48
// Finding a piece and reading its bytes are not done in slices; of so many characters, either takes about 10 ms.
const MAX_PIECE_CHARS = 2 ** 21

/** The count of one text, which can be interrupted: at most some thousand units of work at a time. */
export class TextCount {
  /** Tokens so far; the answer once {@link advance} has said true. */
  tokens = 0
  /** Work so far, in units; see event-loop-share.ts. Grows in proportion to the text, whatever is in it. */
  work = 0
  readonly #text: string
  readonly #table: RankTable
  readonly #endOf: PreTokenEnd
  readonly #maxPieceChars: number
  #at = 0
  // Of the piece that is to be counted next; #at where it has yet to be found.
  #end = 0
  #merge: BytePairMerge | undefined

  /** @param maxPieceChars Where a longer piece is cut, which may cost a token or two */
  constructor(text: string, table: RankTable, endOf: PreTokenEnd, maxPieceChars: number = MAX_PIECE_CHARS) {
    this.#maxPieceChars = maxPieceChars
    this.#text = text
    this.#table = table
    this.#endOf = endOf
  }

  /** True: finished. */
  advance(units: number): boolean {
    const stop = this.work + units
    while (this.work < stop) {
      if (this.#merge !== undefined) {
        const some = Math.min(stop - this.work, 1000)
        this.work += some
        if (!this.#merge.step(some)) continue
        this.tokens += this.#merge.tokens
        this.#merge = undefined
      }
      if (this.#end > this.#at) this.#countPiece()
      else if (this.#at >= this.#text.length) return true
      else this.#findPiece()
    }
    return false
  }

  // Apart from counting it, as either takes its time for a long piece.
  #findPiece(): void {
    const limit = Math.min(this.#text.length, this.#at + this.#maxPieceChars)
    this.#end = this.#endOf(this.#text, this.#at, limit)
    this.work += (this.#end - this.#at) >> 3
  }

  #countPiece(): void {
    const bytes = asBytes(this.#text.slice(this.#at, this.#end))
    this.#at = this.#end
    this.work += 1 + (bytes.length >> 3)
    if (bytes.length <= this.#table.longest && this.#table.ranks.has(bytes)) this.tokens += 1
    else if (bytes.length > SHORT_BYTES) this.#merge = new BytePairMerge(this.#table, bytes)
    else {
      this.work += bytes.length
      this.tokens += countShortPiece(this.#table, bytes)
    }
  }
}

/** UTF-8, each byte as one character. ASCII is that already. */
function asBytes(piece: string): string {
  for (let at = 0; at < piece.length; at += 1) {
    if (piece.charCodeAt(at) > 0x7f) return Buffer.from(piece, 'utf8').toString('latin1')
  }
  return piece
}
