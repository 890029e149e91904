import type { MemoryItem } from '../../dist/context/index.js'

const WORDS =
  'budget flight Lisbon daughter allergy Tuesday hotel invoice kitchen repair garden school doctor letter train museum winter recipe deadline window meeting contract river picture colour engine market battery village ticket'.split(
    ' ',
  )
const LINKS = 'the of and to in for with that is was on at we I you my your it not before after because'.split(' ')
const STARTED_AT = Date.UTC(2026, 0, 5, 9)

/** The items of a conversation, turn by turn: what a user says, now and then a call of a tool, and the reply. */
export function madeUpTurns(turns: number): readonly (readonly MemoryItem[])[] {
  let state = 1
  let made = 0
  const random = (below: number): number => {
    state = (state * 48271) % 2147483647
    return state % below
  }
  const words = (count: number): string =>
    Array.from({ length: count }, (_, i) => {
      const word = random(2) === 0 ? WORDS : LINKS
      return `${word[random(word.length)]}${i % 12 === 11 ? '.' : ''}`
    }).join(' ')
  const item = (contentType: string, content: string, callId?: string): MemoryItem => {
    made += 1
    return Object.freeze({
      id: `item-${made}`,
      tenantId: 'default',
      userId: 'ada',
      sessionId: 'bench',
      tier: 'hot',
      cached: false,
      accessCount: 0,
      contentType,
      content,
      createdAt: STARTED_AT + made * 30_000,
      ...(callId !== undefined && { callId }),
    })
  }
  return Array.from({ length: turns }, (_, turn) => {
    const tool =
      turn % 8 === 7
        ? [
            item('tool_call', `{"city":"${WORDS[random(WORDS.length)]}"}`, `call-${turn}`),
            item('tool_result', words(80 + random(200)), `call-${turn}`),
          ]
        : []
    return [
      item('user_message', `${words(10 + random(40))} ${turn}`),
      ...tool,
      item('assistant_message', words(20 + random(100))),
    ]
  })
}
