import { oneLine } from '../text-layout.ts'

const SHOWN_CHARACTERS = 60

/** What was read can't become an item. Says the field, what it should be and what it is; where it lies is added later. */
export class Refusal extends Error {}

/** @throws Refusal */
export function refuse(field: string, expected: string, received: unknown): never {
  const shown = received === undefined ? 'nothing' : JSON.stringify(received).slice(0, SHOWN_CHARACTERS)
  throw new Refusal(`${field}: expected ${expected}: received ${oneLine(shown)}`)
}
