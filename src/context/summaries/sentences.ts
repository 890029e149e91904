import { visibleText } from './visible-text.ts'

/** Of a longer item the beginning and the end are read: the middle of a listing says little of a conversation. */
export const MAX_ITEM_CHARS = 8192
const HEAD_CHARS = 6144
/** A sentence that goes on is cut, at a blank if there is one. */
const MAX_SENTENCE_CHARS = 320
const MIN_CUT_CHARS = 240

// Made when first needed: its rules take 20 ms to load. They hardly differ between languages.
let segmenter: Intl.Segmenter | undefined

/** The first sentences of an item, each in one line, in any language. */
export function sentencesOf(content: string, maxSentences: number): string[] {
  const bounded =
    content.length <= MAX_ITEM_CHARS
      ? content
      : `${content.slice(0, HEAD_CHARS)}\n${content.slice(content.length - (MAX_ITEM_CHARS - HEAD_CHARS))}`
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'sentence' })
  const sentences: string[] = []
  // Line by line, as lists have no full stops.
  for (const line of visibleText(bounded).split('\n')) {
    // Finding one takes some microseconds even where there is none.
    if (line.trim() === '') continue
    for (const { segment } of segmenter.segment(line)) {
      if (sentences.length === maxSentences) return sentences
      const sentence = segment.replace(/\s+/gu, ' ').trim()
      if (sentence !== '') sentences.push(shorten(sentence))
    }
  }
  return sentences
}

function shorten(sentence: string): string {
  if (sentence.length <= MAX_SENTENCE_CHARS) return sentence
  const blank = sentence.lastIndexOf(' ', MAX_SENTENCE_CHARS)
  const cut = sentence.slice(0, blank >= MIN_CUT_CHARS ? blank : MAX_SENTENCE_CHARS)
  return `${cut.toWellFormed().replace(/\ufffd$/, '')}…`
}
