import type { Operations } from './operations.ts'

/** Where a round trip goes. */
export interface SmokeTarget {
  readonly projectId: string
  /** @default "(default)" */
  readonly databaseId?: string
}

/** One thing that is tried. */
export interface Step {
  readonly name: string
  readonly ms: number
  readonly operations: Operations
}

/** A cloud service, and a round trip through it that leaves nothing behind. */
export interface SmokeService {
  readonly name: string
  /** Tells of each step that was done. @throws whatever went wrong, after cleaning up */
  run(target: SmokeTarget, tell: (step: Step) => void, signal: AbortSignal): Promise<void>
}
