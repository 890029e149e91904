import type { CloudCollectorName, CloudProfileType } from './cloud-profiler-options.ts'

/** Who makes the profiles that the service asks for. */
export interface ProfileCollector {
  readonly name: CloudCollectorName
  /**
   * A profile in the format of pprof, compressed by gzip. Where the signal is aborted it comes earlier, or not at all.
   *
   * @param durationMs how long to watch, for `WALL`
   */
  collect(type: CloudProfileType, durationMs: number, signal: AbortSignal): Promise<Uint8Array>
  close(): Promise<void>
}
