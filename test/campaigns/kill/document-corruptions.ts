import type { DocumentReference, DocumentSnapshot, Firestore } from '@google-cloud/firestore'

/** A way to spoil documents, and what the checker must say of it. */
export interface DocumentCorruption {
  readonly name: string
  readonly complaint: RegExp
  readonly apply: (spoilt: SpoiltDocuments) => Promise<unknown>
}

/** A copy of a writer's documents, there to be spoilt. */
export class SpoiltDocuments {
  readonly #root: DocumentReference

  private constructor(root: DocumentReference) {
    this.#root = root
  }

  static async copyOf(firestore: Firestore, from: string, to: string): Promise<SpoiltDocuments> {
    const [source, target] = [from, to].map((prefix) => firestore.collection(prefix).doc('v1'))
    for (const collection of await source!.listCollections()) {
      const { docs } = await collection.get()
      const copy = target!.collection(collection.id)
      await Promise.all(docs.map((doc) => copy.doc(doc.id).set(doc.data())))
    }
    return new SpoiltDocuments(target!)
  }

  place(collection: string, id: string): DocumentReference {
    return this.#root.collection(`thermocline${collection}`).doc(id)
  }

  async first(collection: string, is: (data: Data) => boolean = () => true): Promise<Found> {
    const { docs } = await this.#root.collection(`thermocline${collection}`).get()
    const found = docs.find((doc) => is(doc.data()))
    if (found === undefined) throw new Error(`Cannot spoil ${collection}: there is none of that kind`)
    return { ref: found.ref, data: found.data() }
  }

  /** A record with items in its tail that were sent once and can't be removed. */
  record(): Promise<Found> {
    return this.first('Sessions', ({ sessionId, tail }) => sessionId !== 'doomed' && sole(tail) !== undefined)
  }
}

type Data = NonNullable<ReturnType<DocumentSnapshot['data']>>

interface Found {
  readonly ref: DocumentReference
  readonly data: Data
}

/** An element without an idempotency key: it was not sent again. */
function sole(tail: readonly string[]): string | undefined {
  return tail.find((element) => element.includes('"content"') && !element.includes('idempotencyKey'))
}

function changed(elements: readonly string[], change: (element: string) => string): readonly string[] {
  return elements.map((element) => (element === sole(elements) ? change(element) : element))
}

export const DOCUMENT_CORRUPTIONS: readonly DocumentCorruption[] = [
  {
    name: 'an element of a tail is lost',
    complaint: /was acknowledged and is lost|tailItems is/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await ref.update({ tail: data.tail.filter((element: string) => element !== sole(data.tail)) })
    },
  },
  {
    name: 'an element of a tail is lost, and its counters know',
    complaint: /was acknowledged and is lost/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      const tail = data.tail.filter((element: string) => element !== sole(data.tail))
      await ref.update({ tail, n: data.n - 1, tailItems: tail.length })
    },
  },
  {
    name: 'a content in a tail is another one',
    complaint: /is not as it was sent/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await ref.update({ tail: changed(data.tail, (element) => element.replace('"content":"#', '"content":"!')) })
    },
  },
  {
    name: 'a stamp lies in a tail with two contents',
    complaint: /lies in the tail twice/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await ref.update({ tail: [...data.tail, `${sole(data.tail)} `] })
    },
  },
  {
    name: 'items of a tail are counted too low',
    complaint: /tailItems is \d+, but there are/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await ref.update({ tailItems: data.tail.length - 1 })
    },
  },
  {
    name: 'items of a tail are counted too high',
    complaint: /tailItems is \d+, but there are/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await ref.update({ tailItems: data.tail.length + 10_000 })
    },
  },
  {
    name: 'bytes of a tail are counted too low',
    complaint: /tailBytes is \d+, but there are/,
    apply: async (spoilt) => (await spoilt.record()).ref.update({ tailBytes: 1 }),
  },
  {
    name: 'items of a session are counted too low',
    complaint: /n is \d+, but there are/,
    apply: async (spoilt) => (await spoilt.record()).ref.update({ n: 1 }),
  },
  {
    name: 'a segment is referenced by nothing',
    complaint: /segment \w+ is referenced by nothing/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.first('Segments')
      await spoilt.place('Segments', `${ref.id.slice(0, 26)}0000000000000`).set(data)
    },
  },
  {
    name: 'a segment is missing',
    complaint: /segment \w+ is missing/,
    apply: async (spoilt) => (await spoilt.first('Segments')).ref.delete(),
  },
  {
    name: 'a bit of a segment has flipped',
    complaint: /segment \w+ can't be read/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.first('Segments')
      const bytes = Buffer.from(data.bytes)
      bytes[bytes.length >> 1]! ^= 1
      await ref.update({ bytes })
    },
  },
  {
    name: 'a segment in a record is referenced by nothing',
    complaint: /inline segment \w+ is referenced by nothing/,
    apply: async (spoilt) => (await spoilt.record()).ref.update({ inline: { '0000000000000': Buffer.from('x') } }),
  },
  {
    name: 'the body of an item is missing',
    complaint: /the body of \w+ is missing/,
    apply: async (spoilt) => (await spoilt.first('Bodies')).ref.delete(),
  },
  {
    name: 'a body is referenced by nothing',
    complaint: /body \w+ is referenced by nothing/,
    apply: (spoilt) => spoilt.place('Bodies', '0'.repeat(66)).set({ body: '{}' }),
  },
  {
    name: 'a record is lost',
    complaint: /is referenced by nothing|is of no session/,
    apply: async (spoilt) => (await spoilt.record()).ref.delete(),
  },
  {
    name: 'a record shows another fence',
    complaint: /its fence is/,
    apply: async (spoilt) => (await spoilt.record()).ref.update({ fence: 'another' }),
  },
  {
    name: 'a fence is of no session',
    complaint: /fence \w+ is of no session/,
    apply: (spoilt) => spoilt.place('Fences', '0'.repeat(26)).set({ fence: 'x' }),
  },
  {
    name: 'a session that is there is to be forgotten',
    complaint: /its fence is to be forgotten/,
    apply: async (spoilt) => {
      const { ref, data } = await spoilt.record()
      await spoilt.place('Fences', ref.id).set({ fence: data.fence, forgetAt: new Date() })
    },
  },
  {
    name: 'there is a collection of nobody',
    complaint: /a collection of nobody/,
    apply: (spoilt) => spoilt.place('Drafts', 'one').set({}),
  },
]
