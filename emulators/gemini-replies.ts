import type { ServerResponse } from 'node:http'
import { answered, defaultText, generated } from './gemini-answers.ts'
import { GeminiError, retryInfo } from './gemini-error.ts'
import type { GeminiFault } from './gemini-faults.ts'
import type { GeminiRequest } from './gemini-request.ts'

export function sendJson(response: ServerResponse, code: number, body: object): void {
  sendText(response, code, JSON.stringify(body))
}

function sendText(
  response: ServerResponse,
  code: number,
  body: string,
  type = 'application/json; charset=UTF-8',
): void {
  response.writeHead(code, { 'content-type': type })
  response.end(body)
}

/** A stream's answer is told in two parts, of which the second one ends it. */
export function sendAnswer(request: GeminiRequest, response: ServerResponse, answer: object): void {
  if (request.method !== 'streamGenerateContent') {
    sendJson(response, 200, answer)
    return
  }
  const parts = partsOf(answer)
  if (request.isSse) sendText(response, 200, parts.map(event).join(''), 'text/event-stream')
  else sendJson(response, 200, parts)
}

function event(part: object): string {
  return `data: ${JSON.stringify(part)}\r\n\r\n`
}

interface Answer {
  readonly candidates?: readonly { readonly content?: { readonly parts: readonly { readonly text: string }[] } }[]
}

function partsOf(answer: Answer): readonly object[] {
  const [candidate] = answer.candidates ?? []
  const text = candidate?.content?.parts[0]?.text
  if (text === undefined) return [answer]
  const half = Math.ceil(text.length / 2)
  const content = (part: string): object => ({ content: { role: 'model', parts: [{ text: part }] } })
  return [
    { candidates: [{ ...content(text.slice(0, half)), index: 0 }] },
    { ...answer, candidates: [{ ...candidate, ...content(text.slice(half)) }] },
  ]
}

export function sendFault(fault: GeminiFault, request: GeminiRequest, response: ServerResponse): void {
  switch (fault.kind) {
    case 'status': {
      const { code, message = `Fault ${code}`, retryDelaySeconds, retryAfterSeconds } = fault
      if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
      const details = retryDelaySeconds === undefined ? [] : [retryInfo(retryDelaySeconds)]
      sendJson(response, code, new GeminiError(code, message, details))
      return
    }
    case 'html':
      sendText(response, fault.code ?? 502, '<html><title>Bad Gateway</title></html>', 'text/html')
      return
    case 'prompt blocked':
      sendAnswer(request, response, answered(request, { promptFeedback: { blockReason: fault.reason ?? 'SAFETY' } }))
      return
    case 'finish': {
      const text = defaultText(request)
      const said = fault.reason === 'MAX_TOKENS' ? text.slice(0, Math.ceil(text.length / 2)) : undefined
      sendAnswer(request, response, generated(request, said, fault.reason))
      return
    }
    case 'no candidates':
      sendAnswer(request, response, answered(request, {}))
      return
    case 'text':
      sendAnswer(request, response, generated(request, fault.text, 'STOP'))
      return
    case 'body':
      sendText(response, 200, fault.body)
      return
    case 'silence':
      return
    case 'stall':
    case 'reset':
      sendHalf(request, response, fault.kind)
      return
    default:
      fault satisfies never
  }
}

function sendHalf(request: GeminiRequest, response: ServerResponse, then: 'stall' | 'reset'): void {
  const isSse = request.method === 'streamGenerateContent' && request.isSse
  const answer = generated(request, defaultText(request), 'STOP')
  const whole = Buffer.from(isSse ? partsOf(answer).map(event).join('') : JSON.stringify(answer))
  response.writeHead(200, {
    'content-type': isSse ? 'text/event-stream' : 'application/json; charset=UTF-8',
    'content-length': whole.length,
  })
  response.write(whole.subarray(0, whole.length / 2), () => {
    if (then === 'reset') response.socket?.resetAndDestroy()
  })
}
