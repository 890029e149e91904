import type { AlertKind, Finding } from './alert.ts'

/** What a rule says of one kind and subject. Where it can't tell, it says nothing, and an alert stays as it is. */
export type Verdict =
  | { readonly isFine: true; readonly kind: AlertKind; readonly subject: string }
  | { readonly isFine: false; readonly finding: Finding }

export function fine(kind: AlertKind, subject = ''): Verdict {
  return { isFine: true, kind, subject }
}

export function found(finding: Finding): Verdict {
  return { isFine: false, finding }
}
