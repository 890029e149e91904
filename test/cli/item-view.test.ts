import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatTime, itemLine, itemLines } from '../../src/cli/item-view.ts'
import { toJson } from '../../src/cli/json-output.ts'
import { displayWidth } from '../../src/cli/text-layout.ts'
import type { MemoryItem } from '../../src/index.ts'
import { CapturedTerminal } from './captured-terminal.ts'

const HOSTILE = '\u001b]0;owned\u0007\u001b[2Jx\u009b31m\u007f'

function itemWith(more: Partial<MemoryItem>): MemoryItem {
  return {
    ...{ id: 'key.stamp', tenantId: 'default', userId: 'ada', sessionId: 's', content: 'hello' },
    ...{ contentType: 'user_message', createdAt: 1_735_894_800_000, tier: 'warm', cached: false, accessCount: 2 },
    ...more,
  }
}

describe('itemLine()', () => {
  it('is cut to the terminal, and whole where it goes elsewhere', () => {
    const item = itemWith({ content: `two\nlines ${'word '.repeat(100)}`, contentType: 'x'.repeat(64) })
    const line = stripVTControlCharacters(itemLine(item, new CapturedTerminal({ isTTY: true })))
    expect(line).toContain('2025-01-03 09:00:00  warm  xxxxxxxxxxxxxxxxx…')
    expect(line).toContain(' two lines word')
    expect(displayWidth(line)).toBeLessThanOrEqual(80)
    expect(itemLine(item, new CapturedTerminal())).toMatch(/word word$/)
  })
})

describe('itemLines()', () => {
  it('shows all that is known of an item, and its lines as they are', () => {
    const item = itemWith({
      content: 'first\r\n\tsecond\n',
      metadata: { locale: 'en' },
      pinned: true,
      callId: 'c1',
      payload: { format: 'openai.chat', data: '{"role":"user"}' },
      expiresAt: 1_735_894_801_000,
    })
    const text = itemLines(item, new CapturedTerminal()).join('\n')
    for (const part of [/^id +key\.stamp$/m, /^metadata +\{"locale":"en"\}$/m, /^pinned +true$/m, /^callId +c1$/m])
      expect(text).toMatch(part)
    expect(text).toContain('openai.chat: {"role":"user"}')
    expect(text).toMatch(/^expires +2025-01-03 09:00:01$/m)
    expect(text).toMatch(/\n\nfirst\n {4}second\n$/)
  })
})

it('nothing of an item drives the terminal', () => {
  const item = itemWith({
    content: HOSTILE,
    contentType: HOSTILE,
    userId: HOSTILE,
    metadata: { [HOSTILE]: HOSTILE },
    payload: { format: HOSTILE, data: HOSTILE },
  })
  const terminal = new CapturedTerminal()
  const texts = [itemLine(item, terminal), itemLines(item, terminal).join(''), toJson(item)]
  for (const text of texts) expect(text).not.toMatch(/\p{Cc}/u)
  expect(JSON.parse(toJson(item))).toEqual(item)
})

it('formatTime() is in UTC', () => {
  expect(formatTime(0)).toBe('1970-01-01 00:00:00')
})
