import { randomBytes } from 'node:crypto'
import { base32 } from '../../lib/base32.ts'

/** A fence that never was there before: 80 random bits. */
export function newFence(): string {
  return base32(randomBytes(10))
}
