import { describe, expect, it } from 'vitest'
import { MAX_TEXT_CHARS } from '../../src/search/fold-text.ts'
import { MAX_TERM_CHARS, queryTerms, TermReader } from '../../src/search/term-reader.ts'

/** The terms that a question shares with a text. */
function shared(query: string, text: string): string[] {
  const terms = new Set(queryTerms(text))
  return queryTerms(query).filter((term) => terms.has(term))
}

function countTerms(text: string): number {
  let count = 0
  new TermReader(() => {
    count += 1
  }).read(text)
  return count
}

describe('a question finds a text', () => {
  it.each([
    ['English, plural', 'dogs', 'A dog barked.'],
    ['English, verb', 'when did she paint', 'Melanie was painting a sunrise'],
    ['English, past', 'adopted', 'They want to adopt soon'],
    ['English, noun of a verb', 'adoption agencies', 'an adoption agency'],
    ['English, possessive', 'Caroline', 'Caroline’s sister'],
    ['English, plural possessive', 'brothers', "the brothers' house"],
    ['English, capitals', 'NASA', 'nasa launches'],
    ['a name with an apostrophe', "O'Brien", 'Mr O’Brien called'],
    ['French, accents left out', 'ecole', 'À l’école, hier'],
    ['French, accents put in', 'déjà vécu', 'deja vecu'],
    ['French, plural', 'maison', 'les maisons blanches'],
    ['Spanish', 'manana', 'hasta mañana'],
    ['German, sharp s', 'Strasse', 'in der Straße'],
    ['German, capital sharp s', 'straße', 'STRAẞE'],
    ['German, umlaut left out', 'Munchen', 'nach München'],
    ['Danish', 'Kobenhavn', 'i København'],
    ['Polish', 'lodz', 'Łódź'],
    ['Icelandic', 'thor', 'Þór'],
    ['Vietnamese', 'pho bo', 'một tô phở bò'],
    ['Turkish, dotted capital', 'istanbul', 'İSTANBUL'],
    ['Turkish, dotless', 'ISPARTA', 'ısparta'],
    ['Russian, other cases', 'машину', 'красные машины стоят'],
    ['Russian, ё as е', 'елка', 'новогодняя ёлка'],
    ['Ukrainian, apostrophes', "комп'ютер", 'новий комп’ютер'],
    ['Greek, accents and the last sigma', 'ΔΡΟΜΟΣ', 'ο δρόμος'],
    ['Greek, other cases', 'δρόμου', 'οι δρόμοι'],
    ['Arabic, with vowels', 'مدرسة', 'ذَهَبْتُ إِلَى المَدْرَسَةِ'],
    ['Arabic, forms of alef', 'احمد', 'قال أحمد'],
    ['Arabic, stretched', 'سلام', 'ســـلام'],
    ['Persian letters', 'کتاب', 'كتاب'],
    ['Hebrew, with points', 'שלום', 'שָׁלוֹם לך'],
    ['Hebrew, with a preposition', 'שולחן', 'הספר בשולחן'],
    ['Hebrew, plural', 'ספר', 'ספרים'],
    ['Hindi, plural', 'किताब', 'मेरी किताबें'],
    ['Chinese, a word', '喜欢', '我很喜欢喝茶'],
    ['Chinese, one character', '茶', '他每天喝绿茶'],
    ['Chinese, a question', '我喜欢喝什么茶？', '绿茶'],
    ['Japanese, a word', '東京', '昨日東京に行きました'],
    ['Japanese, katakana in half width', 'ガイド', 'ｶﾞｲﾄﾞさん'],
    ['Japanese, one character', '猫', '黒い猫が好き'],
    ['Japanese, beyond the basic plane', '𠮷野', '𠮷野家で'],
    ['Korean, with a particle', '학교', '학교에서 만났다'],
    ['Korean, one syllable with a particle', '책', '책을 읽었다'],
    ['Korean, decomposed', '한국', '한국'.normalize('NFD')],
    ['Thai, without spaces', 'ข้าวผัด', 'ฉันชอบกินข้าวผัดทุกวัน'],
    ['Lao', 'ມັກ', 'ຂ້ອຍມັກກິນເຂົ້າ'],
    ['Khmer', 'ចូលចិត្ត', 'ខ្ញុំចូលចិត្តញ៉ាំបាយ'],
    ['Burmese', 'ကျွန်တော်', 'ကျွန်တော်ထမင်းစားတယ်'],
    ['two scripts in one word', 'AI', 'AI는 좋다'],
    ['emoji', '🎂', 'party 🎂!'],
    ['emoji of another tone', '👩🏽‍🔬', 'she is 👩‍🔬'],
    ['flags', '🇩🇪', 'from 🇩🇪🇫🇷'],
    ['full width', 'ＡＢＣ１２３', 'abc123'],
    ['ligatures', 'office', 'oﬃce'],
    ['camel case by a part', 'parser', 'class HTMLParser'],
    ['camel case as a whole', 'foobarbaz', 'fooBarBaz()'],
    ['snake case', 'user_id', 'the userId of user id 7'],
    ['a path', 'read-path.ts', 'see src/tiers/read-path.ts:12'],
    ['an e-mail address', 'ada', 'write to ada@example.org'],
    ['a number with separators', '1250', 'it costs $1,250'],
    ['a date by its year', '2023', 'on 08.05.2023'],
  ])('%s', (_, query, text) => {
    expect(shared(query, text)).not.toEqual([])
    expect(shared(text, query)).not.toEqual([])
  })
})

describe('a question does not find', () => {
  it.each([
    ['another word', 'cat', 'category'],
    ['stop words', 'what is the', 'This is what the'],
    ['the clitics of English', "it's", "he's"],
    ['Hindi vowels left out', 'कि', 'की'],
    ['Thai tones left out', 'ข่าว', 'ข้าว'],
    ['another flag', '🇩🇪', '🇫🇷'],
    ['punctuation', '?!… — «»', 'a ?! b … — «»'],
    ['a part of another number', '25', '1250'],
  ])('%s', (_, query, text) => {
    expect(shared(query, text)).toEqual([])
  })
})

describe('terms', () => {
  it('are the same whatever was read before', () => {
    const texts = ['The runners ran', 'running', 'fooBar', '東京 runs']
    const terms: string[] = []
    const reader = new TermReader((term) => terms.push(term))
    for (const text of [...texts, ...texts]) reader.read(text)
    const alone = texts.flatMap((text) => {
      const found: string[] = []
      new TermReader((term) => found.push(term)).read(text)
      return found
    })
    expect(terms).toEqual([...alone, ...alone])
  })

  it.each([
    ['one letter', 'b'],
    ['changing case', 'aB'],
    ['marks', '\u0301\u0316'],
    ['apostrophes', "b'"],
    ['separators', '1.'],
    ['ideographs', '東'],
    ['syllables', '학'],
    ['a script for a dictionary', 'ข้าว'],
    ['a character that becomes eighteen', 'ﷺ'],
    ['half a character', '\ud800'],
    ['words', 'word '],
    ['lines', 'a\n'],
  ])('of a million characters of %s are few and short', (_, part) => {
    const text = part.repeat(1_000_000 / part.length)
    expect(countTerms(text)).toBeLessThanOrEqual(2 * MAX_TEXT_CHARS)
    for (const term of queryTerms(text)) expect(term.length).toBeLessThanOrEqual(MAX_TERM_CHARS)
  })

  it('of a long text are of its beginning and its end', () => {
    const text = `first ${'filler '.repeat(20_000)} middle ${'filler '.repeat(20_000)} last`
    expect(shared('first middle last', text)).toEqual(['first', 'last'])
  })

  it('of a long word are its beginning', () => {
    expect(queryTerms('x'.repeat(1000))).toEqual(['x'.repeat(MAX_TERM_CHARS)])
  })
})
