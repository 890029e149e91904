import type { Summarizer } from './summarizer.ts'

const known = new WeakSet<Summarizer>()

/** Says of a summarizer of this package that it labels each line with who said it, whatever its model answers. */
export function labelling<S extends Summarizer>(summarizer: S): S {
  known.add(summarizer)
  return summarizer
}

export function labelsLines(summarizer: Summarizer): boolean {
  return known.has(summarizer)
}
