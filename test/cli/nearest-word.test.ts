import { expect, it } from 'vitest'
import { nearestWord } from '../../src/cli/nearest-word.ts'

it.each([
  ['usr', 'user'],
  ['USER', 'user'],
  ['sesion', 'session'],
  ['dryrun', 'dry-run'],
  ['a', undefined],
  ['colour', undefined],
  ['', undefined],
  ['u'.repeat(1_000_000), undefined],
])('nearestWord() finds for %.10j: %j', (word, expected) => {
  expect(nearestWord(word, ['user', 'session', 'dry-run'])).toBe(expected)
})
