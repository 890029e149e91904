import type { NewMemoryItem } from '../../../src/memory/memory-item.ts'

export const TALKS = ['short', 'english', 'french', 'russian', 'metadata', 'keyed', 'payload', 'rich'] as const
export type Talk = (typeof TALKS)[number]

const WORDS: Readonly<Record<Talk, string>> = {
  short: 'yes no well fine',
  english: 'the ship sails early with many people who want to see the islands before winter comes back again',
  french: 'le bateau part tôt avec des élèves qui veulent voir les îles où l’été dure jusqu’à décembre'.replaceAll(
    '’',
    "'",
  ),
  russian: 'корабль уходит рано и люди хотят увидеть острова до того как снова придёт долгая холодная зима',
  metadata: 'we looked it up',
  keyed: 'we looked it up',
  rich: '',
  payload: 'a message with its own form beside it',
}
const LENGTHS: Readonly<Record<Talk, number>> = {
  short: 20,
  english: 1500,
  french: 1500,
  russian: 1500,
  metadata: 100,
  keyed: 100,
  rich: 400,
  payload: 200,
}

/** An item of a conversation, whose texts nothing else has. */
export function talkItem(talk: Talk, session: number, index: number): NewMemoryItem {
  const address = { userId: 'ada', sessionId: `${talk}-${session}` }
  const content = textOf(talk, session, index, LENGTHS[talk])
  const item = { ...address, contentType: index % 2 === 0 ? 'user_message' : 'assistant_message', content }
  if (talk === 'payload') {
    return {
      ...item,
      payload: { format: 'openai.chat', data: JSON.stringify({ role: 'user', parts: [content, content] }) },
    }
  }
  if (talk === 'keyed') {
    const keys = Array.from({ length: 16 }, (_, i) => [`${session}:${index}:${i}`, i])
    return { ...item, metadata: Object.fromEntries(keys) }
  }
  if (talk !== 'metadata') return item
  const found = Array.from({ length: 8 }, (_, i) => ({
    title: textOf('english', session, 100 * index + i, 120),
    score: 1 / (i + 2),
    isNew: i % 2 === 0,
    tags: ['travel', `tag ${i}`],
  }))
  return { ...item, metadata: { found, took: index } }
}

/** Words in an order of their own. */
export function textOf(talk: Talk, session: number, index: number, length: number): string {
  const words = WORDS[talk].split(' ')
  let text = `${session} ${index}`
  for (let i = 0; text.length < length; i++) {
    // Of some 4000 words, most seldom, as in any language.
    const rare = Math.floor(4000 / (1 + ((i * 7919 + index * 104_729 + session * 1299709) % 4000)))
    text += ` ${talk === 'rich' ? `w${(rare * 31 + i) % 4000}` : words[(i * i + 7 * index + session) % words.length]}`
  }
  // Its bytes anew: what is joined is held in pieces, and so would be what is cut out of it.
  return Buffer.from(text.slice(0, length)).toString()
}
