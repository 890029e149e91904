import { describe, expect, it } from 'vitest'
import { identifySession, type SessionKey } from '../../src/memory/session.ts'
import { StampMaker } from '../../src/memory/stamp.ts'
import { elementOf } from '../../src/stores/firestore/tail-element.ts'
import { type FirestoreContents, orphansIn, type StoredDocument } from '../support/firestore-contents.ts'
import { CHAT } from '../support/items.ts'

const KEY: SessionKey = identifySession(CHAT).key
const FENCE = { stringValue: 'f1' }
const LARGE = elementOf({ stamp: new StampMaker().next(1), body: 'x'.repeat(100_000) })
const BODY = KEY + LARGE.stamp + LARGE.bodyId

function stored(id: string, fields: StoredDocument['fields'] = {}): StoredDocument {
  return { id, fields, bytes: 0 }
}

/** A session with a segment beside its record, one in it, and a large item; and another one that was removed. */
const WHOLE: FirestoreContents = {
  sessions: [
    stored(KEY, {
      fence: FENCE,
      segments: { stringValue: '[{"id":"beside"},{"id":"within","inline":true}]' },
      inline: { mapValue: { fields: { within: { bytesValue: '' } } } },
      tail: { arrayValue: { values: [{ stringValue: LARGE.text }] } },
    }),
  ],
  segments: [stored(`${KEY}beside`)],
  bodies: [stored(BODY)],
  fences: [stored(KEY, { fence: FENCE }), stored('removed', { fence: FENCE, forgetAt: {} })],
}

describe('of what lies in Firestore', () => {
  it('nothing is said where all is whole', () => {
    expect(orphansIn(WHOLE)).toEqual([])
  })

  it.each<[string, Partial<FirestoreContents>]>([
    [`segment ${KEY}beside is named by a record, and not there`, { segments: [] }],
    [`segment ${KEY}old is named by no record`, { segments: [...WHOLE.segments, stored(`${KEY}old`)] }],
    [`segment ${KEY}within is named by no record`, { segments: [...WHOLE.segments, stored(`${KEY}within`)] }],
    [`body ${BODY} is named by a record, and not there`, { bodies: [] }],
    [`body ${BODY}x is named by no record`, { bodies: [...WHOLE.bodies, stored(`${BODY}x`)] }],
    [`record ${KEY} has no fence`, { fences: [] }],
    [`fence ${KEY} is another one than its record shows`, { fences: [stored(KEY, { fence: { stringValue: 'f2' } })] }],
    [`fence ${KEY} is of a record, and will be forgotten`, { fences: [stored(KEY, { fence: FENCE, forgetAt: {} })] }],
    ['fence lost is of no record, and stays for good', { fences: [...WHOLE.fences, stored('lost', { fence: FENCE })] }],
  ])('it is told that %s', (told, spoilt) => {
    expect(orphansIn({ ...WHOLE, ...spoilt })).toEqual([told])
  })
})
