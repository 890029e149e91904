import type { CloudProfiler, CloudProfilerOptions } from './cloud-profiler-options.ts'

/**
 * Starts to collect profiles for Google Cloud Profiler whenever the service asks for one, and uploads them.
 *
 * @throws ThermoclineError `INVALID_OPTION`
 */
export function startCloudProfiler(options: CloudProfilerOptions): CloudProfiler {
  throw new Error(`Not written yet: ${options.projectId}`)
}
