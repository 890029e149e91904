import type { ItemBody } from '../memory-item.ts'
import type { ColumnSink, ColumnSource } from './columns.ts'
import { TOOL_CALL, TOOL_RESULT } from './content-type-column.ts'

/**
 * Contents as texts: first all that is neither a call nor a result, in order, since what people say answers what was said;
 * then the calls, then the results, whose JSON is like other JSON.
 */
export function writeContents(sink: ColumnSink, types: readonly number[], bodies: readonly ItemBody[]): void {
  for (const at of positionsInOrder(types)) sink.texts.push(bodies[at]?.content as string)
}

/** @throws ThermoclineError `SEGMENT_CORRUPT` */
export function readContents(source: ColumnSource, types: readonly number[]): string[] {
  const contents: string[] = new Array(types.length).fill('')
  for (const at of positionsInOrder(types)) contents[at] = source.texts.next()
  return contents
}

function positionsInOrder(types: readonly number[]): number[] {
  const messages: number[] = []
  const calls: number[] = []
  const results: number[] = []
  types.forEach((type, at) => {
    const group = type === TOOL_CALL ? calls : type === TOOL_RESULT ? results : messages
    group.push(at)
  })
  return [...messages, ...calls, ...results]
}
