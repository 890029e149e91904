import { describe, expect, it } from 'vitest'
import { HistoryIndexes } from '../../../src/context/relevance/history-indexes.ts'
import type { MemoryItem } from '../../../src/memory/memory-item.ts'
import { item } from '../items.ts'

const HOUR_MS = 3_600_000

async function relevance(items: readonly MemoryItem[], query: string): Promise<Float64Array> {
  const index = await new HistoryIndexes(1e6).of(items, undefined)
  return index.relevanceTo(query)
}

/** Places from the most relevant to the least. */
async function ranked(items: readonly MemoryItem[], query: string): Promise<number[]> {
  const scores = await relevance(items, query)
  return [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!)
}

/** Each in a session of its own, so that none is a neighbour. */
function apart(...texts: string[]): MemoryItem[] {
  return texts.map((text, i) => item(text, { createdAt: 1_760_000_000_000 + i * 24 * HOUR_MS }))
}

function spoken(speaker: string, content: string): MemoryItem {
  return item(content, { metadata: { speaker } })
}

function on(day: string, content: string): MemoryItem {
  return item(content, { createdAt: Date.parse(`${day}T12:00:00Z`) })
}

describe('relevance to a query', () => {
  it('is from 0 to 1, and 1 for the best', async () => {
    const scores = await relevance(apart('I bought a red car.', 'The weather is fine.', 'My car is slow.'), 'red car')
    expect(Math.max(...scores)).toBe(1)
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(0)
    expect(scores.indexOf(1)).toBe(0)
  })

  it.each(['', 'and then what?', 'zebra', '!!!', '🙂'])(
    'is 0 throughout where nothing speaks for any item: %j',
    async (query) => {
      expect(await relevance(apart('I bought a red car.', 'Really?'), query)).toEqual(new Float64Array(2))
    },
  )

  it('finds the answer beside the words of the question, in the same conversation only', async () => {
    const talk = (gapMs: number): MemoryItem[] => [
      item('Where did you plant the lemon tree?', { createdAt: 1_760_000_000_000 }),
      item('Next to the kitchen door.', { createdAt: 1_760_000_000_000 + gapMs }),
      ...apart('Next to the garden door.').map((far) => Object.freeze({ ...far, sessionId: 's2' })),
    ]
    const near = await relevance(talk(1000), 'lemon tree')
    expect(near[1]).toBeGreaterThan(near[2]! + 0.2)
    const hoursLater = await relevance(talk(5 * HOUR_MS), 'lemon tree')
    expect(hoursLater[1]).toBeLessThan(near[1]! - 0.2)
  })

  it.each(['speaker', '_speaker', 'name', 'author'])(
    'prefers the speaker whom the query names, by metadata.%s',
    async (key) => {
      const items = ['Ada Byron', 'Grace', 'Alan'].map((name, i) =>
        item('I play chess on Mondays.', {
          metadata: { [key]: name },
          createdAt: 1_760_000_000_000 + i * 24 * HOUR_MS,
        }),
      )
      expect((await ranked(items, 'What does Grace play?'))[0]).toBe(1)
      expect((await ranked(items, 'What does Ada play?'))[0]).toBe(0)
    },
  )

  it('does not take being addressed for speaking', async () => {
    const items = [
      spoken('Ada', 'Good morning to you all.'),
      spoken('Ada', 'The trip was long, Grace, so long.'),
      spoken('Grace', 'The trip was long, Ada, so long.'),
    ]
    expect((await ranked(items, 'How was the trip of Grace?'))[0]).toBe(2)
    expect((await ranked(items, 'How was the trip of Ada?'))[0]).toBe(1)
  })

  it.each([
    ['What was said on May 8, 2023?', 1],
    ['What happened in July?', 3],
    ['Was war am 8. Mai?', 1],
    ['Что было в июле?', 3],
    ['5月8日は何をしましたか', 1],
    ['Anything from 2022-03-09', 0],
    ['and in 2022?', 0],
    ['What was it on a Saturday?', 4],
  ])('prefers the day that the query names: %s', async (query, place) => {
    const items = [
      on('2022-03-09', 'We walked to the sea.'),
      on('2023-05-08', 'We walked to the sea.'),
      on('2023-06-20', 'We walked to the sea.'),
      on('2023-07-25', 'We walked to the sea.'),
      on('2023-08-26', 'We walked to the sea.'),
    ]
    expect((await ranked(items, query))[0]).toBe(place)
  })

  it('does not take verbs for months', async () => {
    const items = [on('2023-05-08', 'The sea was cold.'), on('2023-03-08', 'The sea was cold.')]
    expect(await relevance(items, 'what may I march for')).toEqual(new Float64Array(2))
  })

  it.each([
    ['German', 'Welche Hunde hat sie?', 'Ihr Hund heißt Rex.', 'Das Wetter ist schön.', 'Morgen regnet es.'],
    ['Spanish', '¿Dónde está el gato?', 'El gato duerme en la cocina.', 'Hace mucho calor.', 'Compré pan.'],
    ['Russian', 'Какая собака?', 'Мою собаку зовут Рекс.', 'Сегодня холодно.', 'Купил хлеб.'],
    ['Arabic', 'أين القطة؟', 'تنام القطة في المطبخ.', 'الجو حار اليوم.', 'اشتريت الخبز.'],
    ['Hindi', 'बिल्ली कहाँ है?', 'बिल्ली रसोई में सोती है।', 'आज बहुत गर्मी है।', 'मैंने रोटी खरीदी।'],
    ['Chinese', '猫在哪里?', '猫在厨房睡觉。', '今天很热。', '我买了面包。'],
    ['Japanese', '猫はどこ?', '猫は台所で寝ています。', '今日は暑いです。', 'パンを買いました。'],
    ['Korean', '고양이는 어디?', '고양이가 부엌에서 잔다.', '오늘은 덥다.', '빵을 샀다.'],
    ['Thai', 'แมวอยู่ไหน', 'แมวนอนในครัว', 'วันนี้ร้อนมาก', 'ฉันซื้อขนมปัง'],
  ])('works in %s', async (_, query, answer, ...others) => {
    const items = apart(others[0]!, answer, others[1]!)
    expect((await ranked(items, query))[0]).toBe(1)
  })

  it('stays finite and within bounds for whatever is in a history', async () => {
    const odd = ['', ' ', '\0', '\ud800', '?'.repeat(1000), 'a'.repeat(100_000), '{"a":[1,2,3]}', '2023-99-99', "'''"]
    const items = odd.map((content, i) =>
      item(content, { createdAt: i === 3 ? 8.64e15 : i, metadata: { name: content } }),
    )
    for (const query of [...odd, 'a 2023-99-99 0', 'May 99, 9999', '40月']) {
      for (const score of await relevance(items, query)) expect(score >= 0 && score <= 1).toBe(true)
    }
  })
})
