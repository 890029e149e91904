import { isThermoclineError } from '../../errors.ts'

/** More often than this a segment is not replaced while it is read, and something is wrong. */
const MAX_RELOADS = 3

/** A segment may be replaced between reading the record and reading the segment: then once more from the record. */
export async function withReloads<T>(body: (reloads: number) => Promise<T>): Promise<T> {
  for (let reloads = 0; ; reloads++) {
    try {
      return await body(reloads)
    } catch (error) {
      if (!mayReload(error, reloads)) throw error
    }
  }
}

/** Whether a read that failed may begin once more from the record, after so many times in a row that it did. */
export function mayReload(error: unknown, reloads: number): boolean {
  return reloads < MAX_RELOADS && isThermoclineError(error, 'SEGMENT_MISSING')
}
