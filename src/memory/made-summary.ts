import type { ItemBody } from './memory-item.ts'

/** Marks the payload of a summary that a pruner made. */
export const SUMMARY_FORMAT = 'thermocline.summary'

/** Whether an item is a summary that a pruner made, rather than one that a caller added. */
export function isMadeSummary({ contentType, payload }: Partial<Pick<ItemBody, 'contentType' | 'payload'>>): boolean {
  return contentType === 'summary' && payload?.format === SUMMARY_FORMAT
}
