import type { BitReader } from './bit-reader.ts'
import { type BitWriter, bitLength } from './bit-writer.ts'
import { corrupt } from './segment-error.ts'

/**
 * Which of a row of expectations came true. One bit: 0 says all did. Else one more: 0 says a bit for each follows; 1 says
 * that the rows of true ones before each false one follow as counts, the last closed by the end.
 */
export function writeHits(bits: BitWriter, hits: readonly boolean[]): void {
  const someMissed = hits.includes(false)
  bits.flag(someMissed)
  if (!someMissed) return
  const runs = runsOf(hits)
  const asRuns = runs.reduce((sum, run) => sum + 2 * bitLength(run + 1) - 1, 0) < hits.length
  bits.flag(asRuns)
  if (asRuns) for (const run of runs) bits.count(run)
  else for (const hit of hits) bits.flag(hit)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readHits(bits: BitReader, count: number): boolean[] {
  const hits: boolean[] = new Array(count).fill(true)
  if (!bits.flag()) return hits
  if (!bits.flag()) return hits.map(() => bits.flag())
  let at = bits.count(count)
  while (at < count) {
    hits[at] = false
    at += 1 + bits.count(count)
  }
  if (at !== count) throw corrupt('a row of symbols is too long')
  return hits
}

/** How many true ones stand before each false one, and after the last. */
function runsOf(hits: readonly boolean[]): number[] {
  const runs = [0]
  for (const hit of hits) {
    if (hit) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1
    else runs.push(0)
  }
  return runs
}
