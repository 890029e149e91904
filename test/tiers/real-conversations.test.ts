import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readConversationLines } from '../campaigns/data/conversation-lines.ts'
import { tiersRoundTrip } from '../campaigns/data/tiers-round-trip.ts'
import { TempFolder } from '../support/temp-folder.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/conversations/', import.meta.url))

describe('conversations in the shape of another system', () => {
  it.each(globSync('*-items.jsonl', { cwd: FIXTURES }))(
    'of %s come back from every tier as they went in',
    async (name) => {
      using folder = new TempFolder()
      const lines = readConversationLines(FIXTURES + name)
      const trip = await tiersRoundTrip(lines, folder.file('memory.db'))
      expect(trip.problems).toEqual([])
      expect(trip.items).toBe(lines.length)
    },
  )
})
