import { onTestFinished } from 'vitest'
import { openPlace, type Place, type PlaceKind, type Wrap } from './place.ts'

export { PLACES, type Place, type Wrap } from './place.ts'

/** An empty place for the test that is running, closed when that ends. */
export function emptyPlace(kind: PlaceKind, wrap?: Wrap): Place {
  const place = openPlace(kind, wrap)
  onTestFinished(() => place[Symbol.asyncDispose]())
  return place
}
