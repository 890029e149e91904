import { ThermoclineError } from '../errors.ts'

// No sign at the front: a command line would take the cursor for an option.
const CURSOR = /^([pm])(\d{1,16})~([0-9a-v]{26})$/

/** Where a page ended: the number it is ordered by, and the session key. */
export function encodeCursor(order: number, key: string): string {
  return `${order < 0 ? 'm' : 'p'}${Math.abs(order)}~${key}`
}

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function decodeCursor(cursor: string | undefined): readonly [order: number, key: string] {
  if (cursor === undefined) return [-Number.MAX_SAFE_INTEGER, '']
  const [, sign, order, key] = CURSOR.exec(cursor) ?? []
  if (order === undefined || key === undefined) {
    throw new ThermoclineError('INVALID_ARGUMENT', 'Cannot read page: expected a cursor that an earlier page gave')
  }
  return [sign === 'm' ? -Number(order) : Number(order), key]
}
