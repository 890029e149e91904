import { describe, expect, it } from 'vitest'
import { excerpt, highlight } from '../../src/cli/search-excerpt.ts'
import { displayWidth } from '../../src/cli/text-layout.ts'

describe('excerpt()', () => {
  const long = `${'Something else was said before. '.repeat(10)}I am allergic to nuts, all of them. ${'And more. '.repeat(50)}`

  it('begins shortly before the first word of the query', () => {
    const part = excerpt(long, 'NUTS walnut', 60)
    expect(part).toMatch(/^….*allergic to nuts, all of them\..*…$/)
    expect(displayWidth(part)).toBeLessThanOrEqual(60)
  })

  it('begins at the beginning where that shows the word, or where none is found', () => {
    expect(excerpt('nuts and more', 'nuts', 60)).toBe('nuts and more')
    expect(excerpt(long, 'bicycle', 60)).toMatch(/^Something else/)
    expect(excerpt(long, '...', 60)).toMatch(/^Something else/)
  })

  it('finds words of scripts without spaces', () => {
    expect(excerpt(`${'天気がいいです。'.repeat(30)}花生アレルギーがあります`, '花生', 40)).toMatch(/^…花生/)
  })

  it('lets no command through to the terminal', () => {
    expect(excerpt('\u001b[2Jnuts', 'nuts', 60)).toBe('[2Jnuts')
  })
})

describe('highlight()', () => {
  it.each([
    ['Nuts, nutshell, walnuts', 'nuts', '<Nuts>, <nuts>hell, walnuts'],
    ['costs (a+b)* dollars', '(a+b)* costs', '<costs> (a+b)* dollars'],
    ['año nuevo', 'AÑO', '<año> nuevo'],
    ['nothing', '', 'nothing'],
  ])('marks in %j what %j asks for', (line, query, marked) => {
    expect(highlight(line, query, (text) => `<${text}>`)).toBe(marked)
  })
})
