import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const WORDS =
  'the harbour was quiet when seven sailors came to mend their nets and talk about wind tide and weather'.split(' ')
const CONTENT_CHARACTERS = 220

/** Writes JSON lines of about 400 bytes, one item each: session after session, a second apart, always the same. */
export function writeConversations(path: string, items: number, itemsPerSession: number): Promise<void> {
  return pipeline(Readable.from(lines(items, itemsPerSession)), createWriteStream(path))
}

function* lines(items: number, itemsPerSession: number): Generator<string> {
  let seed = 1
  // Of the linear congruential kind: good enough for words.
  const word = (): string => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return WORDS[Math.floor((seed / 2 ** 31) * WORDS.length)]!
  }
  for (let n = 0; n < items; n++) {
    let content = word()
    while (content.length < CONTENT_CHARACTERS) content += ` ${word()}`
    const session = Math.floor(n / itemsPerSession)
    const item = {
      ...{ id: `message-${n}`, userId: `user-${session % 50}`, sessionId: `session-${session}` },
      ...{ contentType: n % 2 === 0 ? 'user_message' : 'assistant_message', content },
      ...{ createdAt: new Date(Date.UTC(2025, 0) + n * 1000).toISOString(), metadata: { turn: n } },
    }
    yield `${JSON.stringify(item)}\n`
  }
}
