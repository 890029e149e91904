import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { priorScores } from '../../../src/context/relevance/prior.ts'
import { type Line, priorInput } from './prior-input.ts'

function scoresOf(...lines: Line[]): number[] {
  return [...priorScores(priorInput(lines))]
}

/** Places, the best first. */
function ranking(...lines: Line[]): number[] {
  const scores = scoresOf(...lines)
  return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number))
}

/** How many times the first score is the second, where `first` and `second` are all that differs. */
function ratio(first: Line[], second: Line[], place: number): number {
  const common = ['zebra crossing paint', 'harbour lantern repair']
  const [a, b] = [first, second].map((lines) => {
    const scores = scoresOf(...common, ...lines)
    return (scores[common.length + place] as number) / (scores[1] as number)
  })
  return (a as number) / (b as number)
}

describe('priorScores()', () => {
  it('are from 0 to 1, the best of them 1, whatever was said', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
        const scores = scoresOf('We met Carla.', ...texts)
        expect(Math.max(...scores)).toBe(1)
        expect(scores.every((score) => score >= 0)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('are none for nothing', () => {
    expect(scoresOf()).toEqual([])
    expect(scoresOf('', '')).toEqual([0, 0])
    expect(scoresOf('...', '?!')).toEqual([0, 0])
  })

  it('go by the first items alone where more were added since', () => {
    const lines = ['Where do you live?', 'In Porto, with Carla.', 'I play the violin.']
    const all = priorInput([...lines, 'Carla plays the cello in Porto.', 'Where?'])
    expect([...priorScores({ ...all, items: all.items.slice(0, lines.length) })]).toEqual(scoresOf(...lines))
  })

  it('prefer what is told to greetings, questions and thanks', () => {
    const best = ranking(
      'Hey, how are you doing today?',
      'I am doing great, and you? What is new with you?',
      'We adopted a beagle called Biscuit from the shelter on Grove Street.',
      'That is so great!',
      'Thank you, that is great to hear from you!',
    )
    expect(best[0]).toBe(2)
  })

  it('raise an answer, also where a tool was asked before it', () => {
    expect(ratio(['Your seat?', 'row of my choice'], ['Your seat.', 'row of my choice'], 1)).toBeCloseTo(2)
    const exchange = (mark: string): Line[] => [
      `Free seats${mark}`,
      { text: 'list seats', contentType: 'tool_call', callId: 'a' },
      { text: 'aisle, window', contentType: 'tool_result', callId: 'a' },
      'row of my choice',
    ]
    expect(ratio(exchange('?'), exchange('.'), 3)).toBeCloseTo(2)
    expect(ratio(exchange('?'), exchange('.'), 2)).toBeCloseTo(1)
  })

  it('see no answer in the first item of another session', () => {
    const next = (mark: string): Line[] => [`Your seat${mark}`, { text: 'row of my choice', session: 1 }]
    expect(ratio(next('?'), next('.'), 1)).toBeCloseTo(1)
  })

  it('raise what opens a session', () => {
    const second = (session: number): Line[] => ['harvest festival', { text: 'violin lessons', session }]
    expect(ratio(second(1), second(0), 1)).toBeGreaterThan(1.5)
  })

  it('raise names, numbers and words of time', () => {
    expect(ratio(['we met Carla there'], ['we met carla there'], 0)).toBeGreaterThan(1.2)
    expect(ratio(['gate b12 of them'], ['gate bxx of them'], 0)).toBeGreaterThan(1.2)
    expect(ratio([{ text: 'we met', time: 1 }], ['we met'], 0)).toBeGreaterThan(1.2)
  })

  it('lower questions', () => {
    expect(ratio(['violin lessons?'], ['violin lessons.'], 0)).toBeLessThan(0.5)
  })

  it('prefer who brings something up to those who repeat it', () => {
    const scores = scoresOf('zebra', 'violin lessons', 'violin lessons', 'violin lessons', 'lantern')
    expect(scores[1]).toBeGreaterThan(scores[2] as number)
    expect(scores[2]).toBeGreaterThan(scores[3] as number)
  })

  it('prefer the shorter of two that say the same', () => {
    const padded = `violin lessons ${'of the and a '.repeat(20)}`
    expect(ratio([padded], ['violin lessons'], 0)).toBeLessThan(0.5)
  })

  it('do not let a listing of names win by its length', () => {
    const listing = Array.from({ length: 2000 }, (_, n) => `the File${n % 50} there`).join(', ')
    expect(ranking(listing, 'we met Carla in Porto')[0]).toBe(1)
  })

  it.each<[string, readonly string[], number]>([
    ['Chinese', ['你好!', '你好,你怎么样?', '我上个月搬到了里斯本,和姐姐一起住。', '太好了!', '太好了!'], 2],
    [
      'Japanese',
      ['こんにちは。', '元気ですか?', '先月リスボンに引っ越して、姉と住んでいます。', 'いいですね!', 'いいですね!'],
      2,
    ],
    ['Arabic', ['مرحبا!', 'كيف حالك؟', 'انتقلت الشهر الماضي إلى لشبونة مع أختي', 'رائع!', 'رائع!'], 2],
    ['Hindi', ['नमस्ते!', 'आप कैसे हैं?', 'मैं पिछले महीने अपनी बहन के साथ लिस्बन चला गया।', 'बहुत अच्छा!', 'बहुत अच्छा!'], 2],
    ['Thai', ['สวัสดี', 'สบายดีไหม?', 'เดือนที่แล้วฉันย้ายไปลิสบอนกับพี่สาว', 'ดีมาก', 'ดีมาก'], 2],
  ])('work without capitals and spaces: %s', (_, lines, best) => {
    expect(ranking(...lines)[0]).toBe(best)
  })
})
