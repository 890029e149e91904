/** When a process is killed: so long after it began, by its parent, or by itself at such a call or step of the store. */
export type KillPlan =
  | { readonly kind: 'after'; readonly ms: number }
  | { readonly kind: 'at call'; readonly count: number }
  | { readonly kind: 'at step'; readonly count: number }

/** A plan, as JSON, for `kill-self.ts`. */
export const KILL_PLAN_VARIABLE = 'IMPORT_CAMPAIGN_KILL'
/** Where `kill-self.ts` tells that the store was called for the first time. */
export const READY_FD = 3
