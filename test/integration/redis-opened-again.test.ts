import { rmSync, writeFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { startRedis } from '../../emulators/redis.ts'
import { addAll, CHAT, contents } from '../support/items.ts'
import { redisPlace, sharedStats } from '../support/redis-place.ts'
import { TempFolder } from '../support/temp-folder.ts'

it('a manager whose file could not be opened at first uses Redis once it can, and tells of what it adds', async () => {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const folder = new TempFolder()
  onTestFinished(() => folder[Symbol.dispose]())
  const inTheWay = folder.file('folder')
  writeFileSync(inTheWay, '')
  const path = `${inTheWay}/memory.db`
  const place = redisPlace(server)
  const opening = place.open({ path })
  await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  rmSync(inTheWay)
  const writer = place.managers[0]!
  await writer.initialize()
  const reader = await place.open({ path })
  const strong = async () => contents(await reader.getConversationHistory({ ...CHAT, read: 'strong' }))
  await addAll(writer, ['one'])
  expect(await strong()).toEqual(['one'])
  await addAll(writer, ['two'])
  expect(await strong()).toEqual(['one', 'two'])
  expect(sharedStats(writer)).toMatchObject({ isReachable: true, failures: 0 })
})
