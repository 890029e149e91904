import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TurnQueue } from '../../src/lib/turn-queue.ts'

it('serves those who wait for a turn in their order, one in each', async () => {
  let begun = 0
  const turns = new TurnQueue(() => (begun += 1))
  const served: string[] = []
  const all = ['a', 'b', 'c'].map((name) => turns.next().then(() => served.push(name)))
  const seen: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate()
    seen.push(served.join(''))
  }
  expect(seen).toEqual(['a', 'ab', 'abc'])
  await Promise.all(all)
  expect(begun).toBe(3)
})
