type Fields = Readonly<Record<string, unknown>>

interface Request {
  readonly contents: readonly object[]
  readonly systemInstruction?: object
}

/** Names of which a part has at least one, or else says nothing. */
const DATA = [
  ...['inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'],
  ...['toolCall', 'toolResponse'],
]

/**
 * What Gemini's API refuses with `INVALID_ARGUMENT` in the contents of a request: where, and why. Empty for a request that
 * it takes.
 */
export function geminiProblems({ contents, systemInstruction }: Request): string[] {
  const problems: string[] = []
  let before: Fields | undefined
  for (const [at, content] of (contents as readonly Fields[]).entries()) {
    const tell = (problem: string): void => void problems.push(`contents[${at}]: ${problem}`)
    const side = content.role === undefined || content.role === 'function' ? 'user' : content.role
    if (side !== 'user' && side !== 'model') tell(`unknown role ${String(content.role)}`)
    if (before === undefined && side !== 'user') tell('the user begins')
    if (before !== undefined && sideOf(before) === side) tell('roles must alternate')
    checkParts(content.parts, tell)
    const [calls, responses] = [callsOf(content), responsesOf(content)]
    if (calls.length > 0 && side !== 'model') tell('a call that is not of the model')
    if (responses.length > 0 && side !== 'user') tell('a response that is not of the user')
    checkAnswers(before === undefined ? [] : callsOf(before), responses, tell)
    before = content
  }
  if (before !== undefined && callsOf(before).length > 0) problems.push('end: calls without a response')
  if (systemInstruction !== undefined)
    checkParts((systemInstruction as Fields).parts, (problem) => problems.push(`systemInstruction: ${problem}`))
  return problems
}

function sideOf({ role }: Fields): unknown {
  return role === undefined || role === 'function' ? 'user' : role
}

function checkParts(parts: unknown, tell: (problem: string) => void): void {
  const list = Array.isArray(parts) ? (parts as Fields[]) : []
  if (list.length === 0) tell('parts must not be empty')
  for (const part of list) {
    const hasText = typeof part.text === 'string' && (part.text !== '' || part.thoughtSignature !== undefined)
    if (!hasText && !DATA.some((name) => part[name] !== undefined && part[name] !== null))
      tell('a part with empty text, or nothing')
  }
}

function callsOf(content: Fields): Fields[] {
  return partsOf(content, 'functionCall')
}

function responsesOf(content: Fields): Fields[] {
  return partsOf(content, 'functionResponse')
}

function partsOf({ parts }: Fields, kind: string): Fields[] {
  const list = Array.isArray(parts) ? (parts as Fields[]) : []
  return list.flatMap((part): Fields[] =>
    part[kind] === undefined || part[kind] === null ? [] : [part[kind] as Fields],
  )
}

/** As many responses as calls, each with the name of a call, and with its id where that has one. */
function checkAnswers(calls: readonly Fields[], responses: readonly Fields[], tell: (problem: string) => void): void {
  if (calls.length !== responses.length) {
    tell(`${responses.length} responses to ${calls.length} calls`)
    return
  }
  const open = [...calls]
  for (const { id, name } of responses) {
    const found = open.findIndex((call) => call.name === name && call.id === id)
    if (found < 0) tell(`a response to no call: ${String(name)}`)
    else open.splice(found, 1)
  }
}
