import { invalidOption } from '../../lib/check-options.ts'

export const DEFAULT_KEY_PREFIX = 'thermocline'

/**
 * What all keys begin with. No braces, which would choose the slot on a cluster, and nothing that SCAN takes for a
 * pattern.
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function checkKeyPrefix(prefix: unknown): asserts prefix is string {
  if (typeof prefix === 'string' && /^[\w.:/-]{1,64}$/.test(prefix)) return
  throw invalidOption('keyPrefix', '1 to 64 of the characters a-z A-Z 0-9 _ . : / -', prefix)
}
