/** Says how many tokens a text is for some model. */
export interface TokenCounter {
  /** Which count this is, for reports: `o200k_base`, `estimate`. */
  readonly name: string
  /** False for an estimate: a budget kept by it may be overrun by the true count. */
  readonly exact: boolean
  /**
   * Tokens of the text by itself, an integer of at least 0. A promise where something has to be loaded first, or the
   * text is so long that counting it in one go would hold up the process.
   */
  count(text: string): number | Promise<number>
}
