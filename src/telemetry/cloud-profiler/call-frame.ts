import { fileURLToPath } from 'node:url'
import type { StackFrame } from './pprof.ts'

/** A function as V8's protocol says it: lines are counted from 0, and -1 is none. */
export interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

/** @param line that was run, counted from 1. @default the first of the function */
export function stackFrame({ functionName, url, lineNumber }: CallFrame, line: number = lineNumber + 1): StackFrame {
  return {
    functionName: functionName === '' ? '(anonymous)' : functionName,
    file: pathOf(url),
    startLine: lineNumber + 1,
    line,
  }
}

function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url
  try {
    return fileURLToPath(url)
  } catch {
    return url
  }
}
