import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FirestoreQuery } from '../../src/clients/firestore-messages.ts'
import { COLLECTIONS, layoutOf, TTL_FIELD } from '../../src/stores/firestore/layout.ts'
import { dueQuery, listQuery } from '../../src/stores/firestore/queries.ts'
import { ROOT } from '../package/repository.ts'

const LAYOUT = layoutOf('projects/p/databases/d', 'thermocline')

/** The command that makes the index of a query: what it compares, then what it orders by, but for the name. */
function commandFor({ from, where, orderBy }: FirestoreQuery): string {
  const ordered = orderBy.filter(({ field }) => field.fieldPath !== '__name__')
  const compared = where.compositeFilter.filters.flatMap(({ fieldFilter }) =>
    fieldFilter.op === 'EQUAL' ? [[fieldFilter.field.fieldPath, 'ascending']] : [],
  )
  const fields = [...compared, ...ordered.map(({ field, direction }) => [field.fieldPath, direction.toLowerCase()])]
  const configs = fields.map(([path, order]) => `--field-config=field-path=${path},order=${order}`)
  return `gcloud firestore indexes composite create --collection-group=${from[0]?.collectionId} ${configs.join(' ')}`
}

describe('docs/firestore.md', () => {
  const markdown = readFileSync(`${ROOT}docs/firestore.md`, 'utf8')
  const commands = markdown.match(/^ +gcloud firestore (indexes|fields) .*$/gm)?.map((line) => line.trim()) ?? []

  it('has the commands that make what the code needs, and no other', () => {
    const queries = [
      dueQuery(LAYOUT, 0, 0, undefined, 1),
      listQuery(LAYOUT, { tenantId: 't', userId: 'u' }, undefined, 1),
    ]
    expect(commands.toSorted()).toEqual(
      [
        ...queries.map(commandFor),
        ...Object.values(COLLECTIONS).map(
          (name) => `gcloud firestore indexes fields update '*' --collection-group=${name} --disable-indexes`,
        ),
        `gcloud firestore fields ttls update ${TTL_FIELD} --collection-group=${COLLECTIONS.fences} --enable-ttl`,
      ].toSorted(),
    )
  })

  it('names every collection', () => {
    for (const name of Object.values(COLLECTIONS)) expect(markdown).toContain(`| \`${name}\` |`)
  })
})
