/**
 * The stem of an English word in small letters a to z: Porter, "An algorithm for suffix stripping", Program 14 (1980).
 * Words of other languages come out shorter too, but the same word always in the same way.
 */
export function englishStem(word: string): string {
  if (word.length < 3) return word
  let stem = withoutPlural(word)
  stem = withoutPastOrParticiple(stem)
  if (stem.endsWith('y') && hasVowel(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`
  stem = replaceSuffix(stem, DOUBLE_SUFFIXES, 1)
  stem = replaceSuffix(stem, ADJECTIVE_SUFFIXES, 1)
  stem = /[st]ion$/.test(stem) ? withoutIon(stem) : replaceSuffix(stem, LAST_SUFFIXES, 2)
  return withoutFinalE(stem)
}

type SuffixRule = readonly [suffix: string, replacement: string]

/** Suffixes with what replaces them, by their last letter. */
type SuffixRules = ReadonlyMap<string, readonly SuffixRule[]>

/** `ational:ate` for a rule; the longer of two that both fit comes first. */
function rules(text: string): SuffixRules {
  const all = text.split(' ').map((rule): SuffixRule => {
    const [suffix, replacement = ''] = rule.split(':')
    return [suffix!, replacement]
  })
  return Map.groupBy(all, ([suffix]) => suffix.at(-1)!)
}

// Porter's steps 2, 3 and 4; `logi` is of his own later list.
const DOUBLE_SUFFIXES = rules(
  'ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize ' +
    'ation:ate ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble logi:log',
)
const ADJECTIVE_SUFFIXES = rules('icate:ic ative alize:al iciti:ic ical:ic ful ness')
const LAST_SUFFIXES = rules('al ance ence er ic able ible ant ement ment ent ou ism ate iti ous ive ize')

/** Replaces the first suffix that fits, if what stands before it has a measure of `minMeasure` at least. */
function replaceSuffix(word: string, suffixes: SuffixRules, minMeasure: number): string {
  for (const [suffix, replacement] of suffixes.get(word.at(-1)!) ?? []) {
    if (!word.endsWith(suffix)) continue
    const stem = word.slice(0, -suffix.length)
    return measure(stem) >= minMeasure ? stem + replacement : word
  }
  return word
}

function withoutIon(word: string): string {
  const stem = word.slice(0, -3)
  return measure(stem) > 1 ? stem : word
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2)
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function withoutPastOrParticiple(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  const suffix = word.endsWith('ed') ? 2 : word.endsWith('ing') ? 3 : 0
  const stem = word.slice(0, word.length - suffix)
  if (suffix === 0 || !hasVowel(stem)) return word
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`
  if (endsInDouble(stem) && !/[lsz]$/.test(stem)) return stem.slice(0, -1)
  return measure(stem) === 1 && endsInShortSyllable(stem) ? `${stem}e` : stem
}

function withoutFinalE(word: string): string {
  let stem = word
  if (word.endsWith('e')) {
    const rest = word.slice(0, -1)
    const m = measure(rest)
    if (m > 1 || (m === 1 && !endsInShortSyllable(rest))) stem = rest
  }
  return stem.endsWith('ll') && measure(stem) > 1 ? stem.slice(0, -1) : stem
}

/** How often a run of vowels is followed by a run of consonants: Porter's m. */
function measure(stem: string): number {
  let count = 0
  let afterVowel = false
  for (let i = 0; i < stem.length; i++) {
    const vowel = isVowel(stem, i, afterVowel)
    if (!vowel && afterVowel) count += 1
    afterVowel = vowel
  }
  return count
}

function hasVowel(stem: string): boolean {
  return /[aeiou]|.y/.test(stem)
}

/** A y is a vowel after a consonant. */
function isVowel(word: string, i: number, afterVowel: boolean): boolean {
  const char = word[i]!
  return 'aeiou'.includes(char) || (char === 'y' && i > 0 && !afterVowel)
}

function endsInDouble(stem: string): boolean {
  return stem.at(-1) === stem.at(-2) && !/[aeiouy]$/.test(stem)
}

/** Consonant, vowel, consonant, the last of them not w, x or y: `hop`, whose e was dropped in `hoping`. */
function endsInShortSyllable(stem: string): boolean {
  return /[^aeiou][aeiouy][^aeiouwxy]$/.test(stem)
}
