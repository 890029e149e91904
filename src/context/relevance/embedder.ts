/** Makes vectors of texts, near each other for texts that mean about the same. */
export interface Embedder {
  /** For messages: the model's name. */
  readonly name: string
  /**
   * One vector for each text, in their order, all of one length; zeros where there is nothing to be said of one. Asked
   * for 100 items at most at once. `kind`: whether the texts search or are searched, which some models treat differently.
   */
  embed(
    texts: readonly string[],
    options: { readonly kind: 'query' | 'item'; readonly signal: AbortSignal },
  ): Promise<readonly ArrayLike<number>[]>
}
