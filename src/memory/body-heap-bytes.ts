import { jsonHeapBytes, textHeapBytes } from '../lib/heap-bytes.ts'
import type { ItemBody } from './memory-item.ts'

/** What an item's content, payload and metadata take in the heap, estimated; the item itself comes on top of it. */
export function bodyHeapBytes({ content, payload, metadata }: ItemBody): number {
  return textHeapBytes(content) + jsonHeapBytes(payload) + jsonHeapBytes(metadata)
}
