/** Work that can wait until there is memory for it again. */
export const DEFERRABLE_WORK = ['summary', 'cache-fill', 'import', 'export', 'rehydration', 'new-session'] as const
export type DeferrableWork = (typeof DEFERRABLE_WORK)[number]
