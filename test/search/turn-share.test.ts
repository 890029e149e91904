import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { nextTurn } from '../../src/search/turn-share.ts'

it('serves those who wait for a turn in their order, one in each', async () => {
  const served: string[] = []
  const all = ['a', 'b', 'c'].map((name) => nextTurn().then(() => served.push(name)))
  const seen: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate()
    seen.push(served.join(''))
  }
  expect(seen).toEqual(['a', 'ab', 'abc'])
  await Promise.all(all)
})
