import { queryTerms } from '../../search/term-reader.ts'
import type { CalendarWords } from './calendar-words.ts'

/** What a query says of when something was said. */
export interface AskedDates {
  /** 0 for January. */
  readonly months: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly years: ReadonlySet<number>
  /** 0 for Sunday. */
  readonly weekdays: ReadonlySet<number>
}

const ISO_DATE = /\b(\d{4})-(\d\d)-(\d\d)\b/g
const EASTERN_MONTH = /(\d{1,2})\s*[月월]/g
const YEAR = /(?<!\d)(?:19|20|21)\d\d(?!\d)/g
const DAY = /(?<!\d)\d{1,2}(?!\d)/g
// Verbs far more often than months, unless written with a capital letter.
const VERBS = /\b(?:may|march)\b/g

/** Undefined where the query has no date. */
export function askedDates(query: string, words: CalendarWords): AskedDates | undefined {
  const months = new Set<number>()
  const days = new Set<number>()
  const weekdays = new Set<number>()
  const years = new Set(query.match(YEAR)?.map(Number))
  const rest = query.replace(ISO_DATE, (_, _year, month, day) => {
    months.add(Number(month) - 1)
    days.add(Number(day))
    return ' '
  })
  for (const [, month] of rest.matchAll(EASTERN_MONTH)) months.add(Number(month) - 1)
  for (const term of queryTerms(rest.replace(VERBS, ' '))) {
    const month = words.months.get(term)
    if (month !== undefined) months.add(month)
    const weekday = words.weekdays.get(term)
    if (weekday !== undefined) weekdays.add(weekday)
  }
  for (const day of rest.match(DAY) ?? []) days.add(Number(day))
  return months.size + years.size + weekdays.size === 0 ? undefined : { months, days, years, weekdays }
}

/** 0 to 1: how well a moment, in UTC, is among what was asked for. */
export function dateMatch({ months, days, years, weekdays }: AskedDates, ms: number): number {
  const date = new Date(ms)
  const year = date.getUTCFullYear()
  if (years.size > 0 && !years.has(year)) return 0
  if (months.size > 0) {
    if (!months.has(date.getUTCMonth())) return 0
    return days.has(date.getUTCDate()) ? 1 : 0.5
  }
  if (weekdays.size > 0) return weekdays.has(date.getUTCDay()) ? 0.5 : 0
  return 0.25
}
