import type { JsonObject } from './json.ts'

/** What is said of a session as a whole. */
export interface SessionAbout {
  readonly metadata?: JsonObject
  /** Items are removed so many days after they were added, whatever the options say. */
  readonly retentionDays?: number
}

const NOTHING: SessionAbout = Object.freeze({})

/** As one text, which stores keep; empty for nothing. */
export function encodeAbout({ metadata, retentionDays }: SessionAbout): string {
  const isEmpty = metadata === undefined && retentionDays === undefined
  return isEmpty ? '' : JSON.stringify({ metadata, retentionDays })
}

export function decodeAbout(text: string): SessionAbout {
  return text === '' ? NOTHING : (JSON.parse(text) as SessionAbout)
}
