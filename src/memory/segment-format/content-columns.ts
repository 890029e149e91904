import type { ItemBody } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'

/** Contents as texts, grouped by type in the order in which types first come up: like stands beside like. */
export function writeContents(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  for (const at of groupedByType(types)) sink.texts.push(bodies[at]?.content as string)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readContents(source: ColumnSource, types: readonly number[]): string[] {
  const contents: string[] = new Array(types.length).fill('')
  for (const at of groupedByType(types)) contents[at] = source.texts.next()
  return contents
}

function groupedByType(types: readonly number[]): number[] {
  const groups = new Map<number, number[]>()
  types.forEach((type, at) => {
    const group = groups.get(type)
    if (group) group.push(at)
    else groups.set(type, [at])
  })
  return [...groups.values()].flat()
}
