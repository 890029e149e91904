import type { JsonObject } from '../../../src/memory/json.ts'
import type { Chance } from '../../support/random.ts'

/** Something that is said in a conversation, before anybody has written it down in a format. */
export interface Turn {
  readonly userId: string
  readonly sessionId: string
  readonly kind: 'user' | 'assistant' | 'system' | 'call' | 'result'
  readonly text: string
  /** When, in milliseconds since 1970. Absent: nobody wrote it down. */
  readonly at?: number
  /** What its source calls it. */
  readonly sourceId?: string
}

/** How a conversation tells its times: in whole minutes, which many share; hardly ever; not at all; in no order. */
const TIMES = ['coarse', 'some', 'none', 'mixed'] as const
const START_AT: number = Date.UTC(2025, 0, 1)
const MINUTE_MS = 60_000
const WORDS = 'jetty buoy ebb swell gull würzig 潮汐 mooring ferry knot lantern keel spray dune 🌊 harbour'.split(' ')
const KINDS: readonly Turn['kind'][] = ['user', 'assistant', 'user', 'assistant', 'system', 'call', 'result']

/** So many turns of several users' conversations, long and short ones, as they would come in: all at once. */
export function makeTurns(chance: Chance, count: number): readonly Turn[] {
  const sessions = Array.from({ length: chance.between(3, 9) }, (_, i) => ({
    userId: chance.pick(['ada', 'ben', 'chloë']),
    sessionId: `talk ${i}`,
    times: chance.pick(TIMES),
    hasIds: chance.of(0.3),
    at: START_AT + chance.between(0, 1000) * MINUTE_MS,
  }))
  return Array.from({ length: count }, (_, i): Turn => {
    // The first two have most of it.
    const session = chance.of(0.6) ? sessions[chance.between(0, 1)]! : chance.pick(sessions)
    const { userId, sessionId, times, hasIds } = session
    if (chance.of(0.2)) session.at += MINUTE_MS
    const at = times === 'mixed' ? session.at + chance.between(-30, 30) * MINUTE_MS : session.at
    const isTimed = times === 'some' ? chance.of(0.1) : times !== 'none'
    return {
      ...{ userId, sessionId, kind: chance.pick(KINDS), text: textOf(chance) },
      ...(isTimed && { at }),
      ...(hasIds && { sourceId: `m-${i}` }),
    }
  })
}

/** A message of OpenAI's chat API. */
export function openaiMessage({ kind, text, at, sourceId }: Turn): JsonObject {
  const call = { type: 'function', function: { name: 'tide', arguments: JSON.stringify({ text }) } }
  return {
    ...(sourceId !== undefined && { id: sourceId }),
    ...(at !== undefined && { created_at: at / 1000 }),
    ...(kind === 'call' && { role: 'assistant', content: null, tool_calls: [call, call] }),
    ...(kind === 'result' && { role: 'tool', name: 'tide', content: text }),
    ...(kind !== 'call' && kind !== 'result' && { role: kind, content: text }),
  }
}

/** A content of Gemini's API. */
export function geminiContent({ kind, text, at, sourceId }: Turn): JsonObject {
  const part = {
    call: { functionCall: { name: 'tide', args: { text } } },
    result: { functionResponse: { name: 'tide', response: { text } } },
  }
  return {
    ...(sourceId !== undefined && { id: sourceId }),
    ...(at !== undefined && { timestamp: new Date(at).toISOString() }),
    role: kind === 'assistant' || kind === 'call' ? 'model' : 'user',
    parts: [kind === 'call' || kind === 'result' ? part[kind] : { text }, ...(kind === 'call' ? [{ text }] : [])],
  }
}

/** An item of ours, with a field that is not. */
export function ownItem({ kind, text, at, sourceId }: Turn): JsonObject {
  return {
    ...(sourceId !== undefined && { id: sourceId }),
    ...(at !== undefined && { createdAt: at }),
    role: kind === 'call' ? 'assistant' : kind === 'result' ? 'tool' : kind,
    content: text,
    ...(kind === 'system' && { pinned: true, importance: 0.5 }),
    ...(text.length % 3 === 0 && { weather: 'calm' }),
  }
}

/** The same is said again and again, and some of it is long. */
function textOf(chance: Chance): string {
  if (chance.of(0.15)) return chance.pick(['yes', 'no', 'and then?'])
  const words = chance.of(0.01) ? chance.between(500, 4000) : chance.between(1, 40)
  return Array.from({ length: words }, () => chance.pick(WORDS)).join(' ')
}
