import type { FirestoreFields, FirestoreValue } from '../../clients/firestore-messages.ts'

export function text(value: string): FirestoreValue {
  return { stringValue: value }
}

export function whole(value: number): FirestoreValue {
  return { integerValue: value }
}

export function bytes(value: Uint8Array): FirestoreValue {
  return { bytesValue: value }
}

export function texts(values: readonly string[]): FirestoreValue {
  return { arrayValue: { values: values.map(text) } }
}

/** To the second, as TTL policies need no more. */
export function time(ms: number): FirestoreValue {
  return { timestampValue: { seconds: Math.ceil(ms / 1000), nanos: 0 } }
}

export function textIn(fields: FirestoreFields, name: string): string | undefined {
  const value = fields[name]
  return value !== undefined && 'stringValue' in value ? value.stringValue : undefined
}

/** 0 where there is none. */
export function wholeIn(fields: FirestoreFields, name: string): number {
  const value = fields[name]
  return value !== undefined && 'integerValue' in value ? Number(value.integerValue) : 0
}

export function bytesIn(fields: FirestoreFields, name: string): Uint8Array | undefined {
  const value = fields[name]
  return value !== undefined && 'bytesValue' in value ? value.bytesValue : undefined
}

export function textsIn(fields: FirestoreFields, name: string): readonly string[] {
  const value = fields[name]
  if (value === undefined || !('arrayValue' in value)) return []
  return (value.arrayValue.values ?? []).map((element) => ('stringValue' in element ? element.stringValue : ''))
}

export function fieldsIn(fields: FirestoreFields, name: string): FirestoreFields {
  const value = fields[name]
  return value !== undefined && 'mapValue' in value ? (value.mapValue.fields ?? {}) : {}
}
