/** What is known of a history to choose from it by. Scores are in the order of its items. */
export interface HistoryIndex {
  /** For each item 0 to 1, the best 1: how much it has to do with the query. All 0 where nothing speaks for any item. */
  relevanceTo(query: string): Float64Array
  /** For each item 0 to 1: how likely any question is about it. */
  prior(): Float64Array
}
