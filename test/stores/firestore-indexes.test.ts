import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FirestoreQuery } from '../../src/clients/firestore-messages.ts'
import { COLLECTIONS, layoutOf, TTL_FIELD } from '../../src/stores/firestore/layout.ts'
import * as queries from '../../src/stores/firestore/queries.ts'
import { type FirestoreIndex, firestoreIndexFile } from '../support/firestore-index-file.ts'

const layout = layoutOf('projects/demo/databases/(default)', 'lake')

/** One of each kind that the code asks. */
const QUERIES: Readonly<Record<string, FirestoreQuery>> = {
  dueQuery: queries.dueQuery(layout, 7, 1000, undefined, 10),
  listQuery: queries.listQuery(layout, { tenantId: 'default', userId: 'ada' }, undefined, 10),
}

/** What a query compares comes first, then what it orders by, and the name of the document at its end. */
function indexFor({ from, where, orderBy }: FirestoreQuery): FirestoreIndex {
  const filters = where.compositeFilter.filters.map(({ fieldFilter }) => fieldFilter)
  const equal = filters.filter(({ op }) => op === 'EQUAL').map(({ field }) => field.fieldPath)
  return {
    collectionGroup: from[0]!.collectionId,
    queryScope: 'COLLECTION',
    fields: [
      ...equal.map((fieldPath) => ({ fieldPath, order: 'ASCENDING' })),
      ...orderBy.slice(0, -1).map(({ field, direction }) => ({ fieldPath: field.fieldPath, order: direction })),
    ],
  }
}

describe('firestore.indexes.json', () => {
  const { indexes, fieldOverrides } = firestoreIndexFile()

  it('is asked about every query that the code has', () => {
    const all = Object.keys(queries).filter((name) => name.endsWith('Query'))
    expect(Object.keys(QUERIES).sort()).toEqual(all.sort())
  })

  it('has an index for each query, and none that no query needs', () => {
    const needed = Object.values(QUERIES).map(indexFor)
    expect(indexes).toHaveLength(needed.length)
    for (const index of needed) expect(indexes).toContainEqual(index)
  })

  it.each(Object.entries(QUERIES))('%s can be answered by one index', (_, { where, orderBy }) => {
    const ranges = where.compositeFilter.filters.filter(({ fieldFilter }) => fieldFilter.op !== 'EQUAL')
    const [first, last] = [orderBy[0]!, orderBy.at(-1)!]
    // Firestore orders by what is compared as a range first.
    for (const { fieldFilter } of ranges) expect(fieldFilter.field).toEqual(first.field)
    // The name ends every index in the direction of the field before it.
    expect(last).toEqual({ field: { fieldPath: '__name__' }, direction: orderBy.at(-2)!.direction })
  })

  it('exempts all fields of all collections from indexing by themselves', () => {
    const groups = fieldOverrides
      .filter(({ fieldPath }) => fieldPath === '*')
      .map((override) => override.collectionGroup)
    expect(groups.sort()).toEqual(Object.values(COLLECTIONS).sort())
    for (const { indexes: own } of fieldOverrides) expect(own).toEqual([])
  })

  it('lets Firestore forget removed sessions, and nothing else', () => {
    // On all fields at once a TTL is refused, also one that is false.
    expect(fieldOverrides.filter((override) => 'ttl' in override)).toEqual([
      { collectionGroup: COLLECTIONS.fences, fieldPath: TTL_FIELD, ttl: true, indexes: [] },
    ])
  })

  it('is what firebase.json deploys, with the rules', () => {
    const text = readFileSync(new URL('../../firebase.json', import.meta.url), 'utf8')
    expect(JSON.parse(text)).toEqual({ firestore: { rules: 'firestore.rules', indexes: 'firestore.indexes.json' } })
  })
})
