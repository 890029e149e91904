import type { Tier } from '../index.ts'

/** From the nearest to the farthest. */
export const TIERS: readonly Tier[] = ['hot', 'warm', 'cold']
