import { getHeapStatistics } from 'node:v8'

const MB = 1024 * 1024

/**
 * How large the old generation may be before V8 ends the process, in bytes. `heap_size_limit` is no measure of that: it
 * has room for the young generation too, 192 MB on Node 24. With `--max-old-space-size=256` it says 448 MB, and a
 * process whose heap grows slowly dies at about 57 % of it. In a worker the flag wins over its `resourceLimits` (tried on
 * Node 24.21), and what those say is in V8's own figure otherwise.
 */
export function readHeapLimit(
  heapSizeLimitBytes: number = getHeapStatistics().heap_size_limit,
  args: readonly string[] = startArguments(),
): number {
  const old = flagMb(args, 'max-old-space-size')
  const limit = old === undefined ? heapSizeLimitBytes - youngReserveBytes(args) : old * MB
  // Odd flags, such as a tiny --max-heap-size, leave less than what is taken off.
  return limit > 0 && limit <= heapSizeLimitBytes ? limit : heapSizeLimitBytes
}

/** Three semi-spaces. Their default size, on 64 bits: 16 MB up to V8 12 (Node 22), 64 MB from V8 13 on (Node 24). */
function youngReserveBytes(args: readonly string[]): number {
  const major = Number.parseInt(process.versions.v8, 10)
  return 3 * (flagMb(args, 'max-semi-space-size') ?? (major >= 13 ? 64 : 16)) * MB
}

/** The last one counts. V8 takes underscores for hyphens. */
function flagMb(args: readonly string[], name: string): number | undefined {
  const values = args.flatMap((arg) => {
    const [, flag, value] = /^--([\w-]+)=(\d+)$/.exec(arg) ?? []
    return flag?.replaceAll('_', '-') === name && Number(value) > 0 ? [Number(value)] : []
  })
  return values.at(-1)
}

/** Arguments come after NODE_OPTIONS, so they win. */
function startArguments(): string[] {
  return [...(process.env.NODE_OPTIONS ?? '').split(/[\s"]+/), ...process.execArgv]
}
