import { queryTerms } from '../../search/term-reader.ts'
import { isTurnSpent, nextTurn } from '../../search/turn-share.ts'

/** Terms by which texts tell a time. */
export interface CalendarWords {
  /** 0 for January. */
  readonly months: ReadonlyMap<string, number>
  /** 0 for Sunday. */
  readonly weekdays: ReadonlyMap<string, number>
  /** Months and weekdays, and what `yesterday`, `next week` and `two years` are made of. */
  readonly timeTerms: ReadonlySet<string>
}

// What the runtime knows these words in. A locale takes some milliseconds, once in the life of the process.
const LOCALES = 'en de fr es it pt nl pl ru tr ar hi zh ja ko'.split(' ')
const UNITS = ['day', 'week', 'month', 'year'] as const
const A_MONDAY = Date.UTC(2024, 0, 1)
const DAY_MS = 86_400_000

let words: Promise<CalendarWords> | undefined

/** Made once in the life of a process, a locale in each turn of the event loop that has been held for long enough. */
export function loadCalendarWords(): Promise<CalendarWords> {
  words ??= makeWords()
  return words
}

async function makeWords(): Promise<CalendarWords> {
  const months = new Map<string, number>()
  const weekdays = new Map<string, number>()
  const timeTerms = new Set<string>()
  for (const locale of LOCALES) {
    if (isTurnSpent()) await nextTurn()
    const dates = new Intl.DateTimeFormat(locale, { weekday: 'long', month: 'long', day: 'numeric', timeZone: 'UTC' })
    const nameIn = (ms: number, type: 'month' | 'weekday'): string => partOf(dates.formatToParts(ms), type)
    for (let month = 0; month < 12; month++) {
      for (const term of telling(nameIn(Date.UTC(2024, month, 5), 'month'))) months.set(term, month)
    }
    for (let day = 1; day <= 7; day++) {
      for (const term of telling(nameIn(A_MONDAY + (day - 1) * DAY_MS, 'weekday'))) weekdays.set(term, day % 7)
    }
    for (const phrase of relativePhrases(locale)) for (const term of telling(phrase)) timeTerms.add(term)
  }
  for (const term of [...months.keys(), ...weekdays.keys()]) timeTerms.add(term)
  return { months, weekdays, timeTerms }
}

/** `yesterday`, `today`, `tomorrow`, `last week`, `next year`; `day`, `days`. Not `this week`: "this" tells no time. */
function relativePhrases(locale: string): readonly string[] {
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const phrases = [relative.format(0, 'day')]
  for (const unit of UNITS) {
    phrases.push(relative.format(-1, unit), relative.format(1, unit))
    const amounts = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' })
    // Languages have up to three forms that differ.
    for (const amount of [1, 2, 5]) phrases.push(partOf(amounts.formatToParts(amount), 'unit'))
  }
  return phrases
}

function partOf(parts: readonly { readonly type: string; readonly value: string }[], wanted: string): string {
  return parts.find(({ type }) => type === wanted)?.value ?? ''
}

/** Without numbers, and without what is so short that it is an article or a preposition. */
function telling(phrase: string): readonly string[] {
  return queryTerms(phrase).filter((term) => !/^\p{N}/u.test(term) && term.length >= (/[a-z]/.test(term) ? 3 : 2))
}
