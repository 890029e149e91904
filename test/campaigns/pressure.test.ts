import { describe, expect, it } from 'vitest'
import { TempFolder } from '../support/temp-folder.ts'
import { LOAD } from './pressure/chat-load.ts'
import { chatRound } from './pressure/chat-round.ts'

/** Conversations one after the other with 256 MB of heap and a hot tier of 400 MB; nothing else holds what they say. */
describe('a process whose hot tier is larger than its heap', { timeout: 240_000 }, () => {
  it('dies where nobody watches, without losing what it had acknowledged', async () => {
    using folder = new TempFolder()
    const round = await chatRound(folder.path, { load: LOAD, watched: false, pace: 'tight' })
    expect(round.ended.signal).toBe('SIGABRT')
    expect(round.ended.output).toContain('JavaScript heap out of memory')
    expect(round.acknowledged).toBeGreaterThan(LOAD.sessions)
    expect(round.lost).toEqual([])
  })

  it.each(['tight', 'turns'] as const)('lives where pressure is acted on, at a pace with %s', async (pace) => {
    using folder = new TempFolder()
    const { ended, told, acknowledged, lost } = await chatRound(folder.path, { load: LOAD, watched: true, pace })
    expect(ended.output).not.toContain('FATAL')
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(acknowledged).toBe(LOAD.sessions * LOAD.itemsPerSession)
    expect(lost).toEqual([])
    expect(told?.failures).toEqual([])
    expect(told?.deeds['caches-shrunk']).toBeGreaterThan(0)
    expect(told?.hot.bytes).toBeGreaterThan(16 * 1024 * 1024)
  })
})
