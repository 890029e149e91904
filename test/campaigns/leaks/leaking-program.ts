import { type Program, STEP_MS } from './program.ts'

/** A program that keeps so many MB more each second. */
export interface LeakingProgram extends Program {
  readonly mbPerSecond: number
  /** What is kept lies outside of the JavaScript heap, where allocations are not sampled. */
  readonly isExternal?: boolean
}

export type Rate = (mbPerSecond: number) => LeakingProgram

/** Bytes to keep in one step. */
export function bytesPerStep(mbPerSecond: number): number {
  return (mbPerSecond * 1024 * 1024 * STEP_MS) / 1000
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: Math.max(1, Math.ceil(count)) }, (_, index) => make(index))
}
