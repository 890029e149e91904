import { COLLECTIONS, TTL_FIELD } from '../../src/stores/firestore/layout.ts'
import { readElement } from '../../src/stores/firestore/tail-element.ts'
import { decodeSegments } from '../../src/stores/structure-text.ts'

/** A value as the REST interface gives it. https://firebase.google.com/docs/firestore/reference/rest/v1/Value */
interface RestValue {
  readonly stringValue?: string
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values?: readonly RestValue[] }
  readonly mapValue?: { readonly fields?: RestFields }
}
type RestFields = Readonly<Record<string, RestValue>>

export interface StoredDocument {
  /** The last part of its name. */
  readonly id: string
  readonly fields: RestFields
  /** As Firestore counts it against its limit. */
  readonly bytes: number
}

/** All documents below a prefix, by collection. */
export type FirestoreContents = Readonly<Record<keyof typeof COLLECTIONS, readonly StoredDocument[]>>

/** Reads the emulator by its REST interface, past the code under test. */
export async function contentsOf(projectId: string, prefix: string): Promise<FirestoreContents> {
  const names = Object.keys(COLLECTIONS) as (keyof typeof COLLECTIONS)[]
  const found = await Promise.all(
    names.map(async (name) => [name, await documentsOf(projectId, `${prefix}/v1/${COLLECTIONS[name]}`)] as const),
  )
  return Object.fromEntries(found) as FirestoreContents
}

/** What no record leads to, and what a record names that is not there, in words. To be asked while nothing is written. */
export async function orphansOf(projectId: string, prefix: string): Promise<readonly string[]> {
  return orphansIn(await contentsOf(projectId, prefix))
}

export function orphansIn({ sessions, segments, bodies, fences }: FirestoreContents): readonly string[] {
  const named = { segments: new Set<string>(), bodies: new Set<string>() }
  for (const { id, fields } of sessions) {
    const inline = fields.inline?.mapValue?.fields ?? {}
    for (const ref of decodeSegments(fields.segments?.stringValue ?? '[]', () => undefined)) {
      if (inline[ref.id] === undefined) named.segments.add(id + ref.id)
    }
    for (const { stringValue = '' } of fields.tail?.arrayValue?.values ?? []) {
      const { stamp, bodyId } = readElement(stringValue)
      if (bodyId !== undefined) named.bodies.add(id + stamp + bodyId)
    }
  }
  return [
    ...differences('segment', idsOf(segments), named.segments),
    ...differences('body', idsOf(bodies), named.bodies),
    ...wrongFences(sessions, fences),
  ]
}

function differences(what: string, stored: ReadonlySet<string>, named: ReadonlySet<string>): readonly string[] {
  return [
    ...[...stored].filter((id) => !named.has(id)).map((id) => `${what} ${id} is named by no record`),
    ...[...named].filter((id) => !stored.has(id)).map((id) => `${what} ${id} is named by a record, and not there`),
  ]
}

/** A fence is that of a record, or of what was removed, and then Firestore forgets it some day. */
function wrongFences(sessions: readonly StoredDocument[], fences: readonly StoredDocument[]): readonly string[] {
  const shown = new Map(sessions.map(({ id, fields }) => [id, fields.fence?.stringValue ?? '']))
  const stored = idsOf(fences)
  return [
    ...fences.flatMap(({ id, fields }) => {
      const isForgotten = fields[TTL_FIELD] !== undefined
      const fence = shown.get(id)
      if (fence === undefined) return isForgotten ? [] : [`fence ${id} is of no record, and stays for good`]
      if (isForgotten) return [`fence ${id} is of a record, and will be forgotten`]
      return fields.fence?.stringValue === fence ? [] : [`fence ${id} is another one than its record shows`]
    }),
    ...[...shown].filter(([id, fence]) => fence !== '' && !stored.has(id)).map(([id]) => `record ${id} has no fence`),
  ]
}

function idsOf(documents: readonly StoredDocument[]): ReadonlySet<string> {
  return new Set(documents.map(({ id }) => id))
}

interface ListAnswer {
  readonly documents?: readonly { readonly name: string; readonly fields?: RestFields }[]
  readonly nextPageToken?: string
}

async function documentsOf(projectId: string, collection: string): Promise<readonly StoredDocument[]> {
  const all: StoredDocument[] = []
  let pageToken = ''
  do {
    const query = new URLSearchParams({ pageSize: '300', pageToken })
    const { documents = [], nextPageToken = '' } = await list(projectId, `${collection}?${query}`)
    for (const { name, fields = {} } of documents) {
      all.push({ id: name.slice(name.lastIndexOf('/') + 1), fields, bytes: documentBytes(name, fields) })
    }
    pageToken = nextPageToken
  } while (pageToken !== '')
  return all
}

async function list(projectId: string, path: string): Promise<ListAnswer> {
  const host = process.env.FIRESTORE_EMULATOR_HOST ?? ''
  const url = `http://${host}/v1/projects/${projectId}/databases/(default)/documents/${path}`
  // Past the rules, as servers are.
  const answer = await fetch(url, { headers: { authorization: 'Bearer owner' } })
  if (!answer.ok) throw new Error(`Cannot list ${path}: received HTTP ${answer.status}`)
  return (await answer.json()) as ListAnswer
}

/** https://firebase.google.com/docs/firestore/storage-size */
function documentBytes(name: string, fields: RestFields): number {
  const path = name.slice(name.indexOf('/documents/') + '/documents/'.length)
  const nameBytes = path.split('/').reduce((sum, part) => sum + Buffer.byteLength(part) + 1, 16)
  return nameBytes + fieldsBytes(fields) + 32
}

function fieldsBytes(fields: RestFields): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + 1 + valueBytes(value), 0)
}

function valueBytes({ stringValue, bytesValue, arrayValue, mapValue }: RestValue): number {
  if (stringValue !== undefined) return Buffer.byteLength(stringValue) + 1
  if (bytesValue !== undefined) return Buffer.byteLength(bytesValue, 'base64')
  if (arrayValue !== undefined) return (arrayValue.values ?? []).reduce((sum, value) => sum + valueBytes(value), 0)
  if (mapValue !== undefined) return fieldsBytes(mapValue.fields ?? {})
  return 8
}
