/** What a source file asks for, as it is written there. */
export interface SourceImport {
  readonly specifier: string
  readonly line: number
}

// In code whose string literals were replaced by their number in double quotes.
const FROM = /(?<![\w$.])(?:import|export)\b[^"();=]*?\bfrom\s*"(\d+)"/g
const SIDE_EFFECT = /(?<![\w$.])import\s*"(\d+)"/g
const CALL = /(?<![\w$.#])(?:import|import\.meta\.resolve)\s*\(\s*(?:"(\d+)"(?=\s*[,)])|([^)\n]*))/g
const REQUIRE = /(?<![\w$.#])require\s*\(\s*"(\d+)"/g

/**
 * The imports of TypeScript source: with or without `type`, re-exports, for the side effect, and by `import()`, `require()`
 * or `import.meta.resolve()`. A computed specifier is given in angle brackets. TypeScript 7 has no compiler API, so this
 * reads the text, after taking out of it what only looks like code.
 */
export function importsOf(source: string): SourceImport[] {
  const { code, strings } = withoutTexts(source)
  const found: SourceImport[] = []
  for (const pattern of [FROM, SIDE_EFFECT, CALL, REQUIRE]) {
    for (const match of code.matchAll(pattern)) {
      const [whole, string, computed] = match
      const line = code.slice(0, match.index + whole.length).split('\n').length
      found.push({ specifier: string === undefined ? `<${computed}>` : strings[Number(string)]!, line })
    }
  }
  return found.sort((a, b) => a.line - b.line)
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const STRING = /(['"])((?:\\[\s\S]|(?!\1)[^\\\n])*)\1/y
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^\\`$])*/y
const WORD = /[\w$]+/y
const WORD_CHARACTER = /[\w$]/
// After these a slash begins a regular expression; after any other word it divides.
const BEFORE_REGEX = /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|instanceof)$/

/** The code without comments, regular expressions and template texts, string literals numbered, lines kept. */
function withoutTexts(source: string): { code: string; strings: string[] } {
  const strings: string[] = []
  let code = ''
  let at = 0
  let last = ''

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match) at += match[0].length
    return match
  }
  const newlines = (text: string) => '\n'.repeat(text.split('\n').length - 1)
  const literal = (text: string) => {
    code += `"${strings.push(text) - 1}"`
    last = '"'
  }

  const template = () => {
    at++
    const text = take(TEMPLATE_TEXT)![0]
    if (source[at] === '`') literal(text)
    code += newlines(text)
    while (source[at] === '$') {
      at += 2
      code += '('
      last = '('
      scan('}')
      code += `)${newlines(take(TEMPLATE_TEXT)![0])}`
    }
    at++
    last = '"'
  }

  const scan = (end: string | undefined) => {
    for (let depth = 0; at < source.length; ) {
      const char = source[at]!
      if (char === end && depth === 0) {
        at++
        return
      }
      const comment = take(COMMENT)
      const string = comment ? null : take(STRING)
      if (comment) code += ` ${newlines(comment[0])}`
      else if (string) literal(string[2]!)
      else if (char === '`') template()
      else if (char === '/' && mayBeginRegex(last) && take(REGEX)) last = '"'
      else {
        const text = take(WORD)?.[0] ?? char
        if (!WORD_CHARACTER.test(char)) at++
        if (char === '{') depth++
        if (char === '}') depth--
        code += text
        if (text.trim()) last = text
      }
    }
  }

  scan(undefined)
  return { code, strings }
}

function mayBeginRegex(last: string): boolean {
  return BEFORE_REGEX.test(last) || !/^(?:[\w$]+|[)\]}"])$/.test(last)
}
