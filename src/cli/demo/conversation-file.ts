import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { JsonObject } from '../../index.ts'
import { CommandError } from '../command.ts'
import { fileProblem } from '../import/import-source.ts'
import { isObject } from '../import/json-fields.ts'
import { ownAddress, ownDraft } from '../import/own-item.ts'
import { Refusal, refuse } from '../import/refusal.ts'
import { oneLine } from '../text-layout.ts'
import { type Conversation, makeConversation, type PlayedItem } from './conversation.ts'

/** The demo holds everything in the heap, to compare it with what comes back. */
const MAX_FILE_BYTES = 256 * 1024 * 1024

/**
 * Reads a file of JSON lines, one item each.
 * @throws CommandError where it can't be read, with the line and the reason
 */
export async function readConversationFile(path: string): Promise<Conversation> {
  const text = (await readText(path)).replace(/^\ufeff/, '')
  const name = oneLine(basename(path))
  if (/^\s*\[/.test(text)) throw new CommandError(`${name}: expected JSON lines, one object a line: received an array`)
  const items: PlayedItem[] = []
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const origin = `${name}, line ${i + 1}`
    items.push({ item: readItem(line, origin), origin })
  }
  if (items.length === 0) throw new CommandError(`${name}: there is no item in it`)
  return makeConversation(name, items)
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw new CommandError(`Cannot read ${path}: it has more than 256 MB`)
    return await readFile(path, 'utf8')
  } catch (error) {
    throw error instanceof CommandError ? error : fileProblem(path, error)
  }
}

function readItem(line: string, origin: string): PlayedItem['item'] {
  const fields = parseObject(line, origin)
  try {
    const { userId, sessionId } = ownAddress(fields)
    const { createdAt, content, contentType, callId, metadata } = ownDraft(fields)
    return {
      userId: userId ?? refuse('userId', 'text', undefined),
      sessionId: sessionId ?? refuse('sessionId', 'text', undefined),
      ...{ content, contentType },
      createdAt: createdAt ?? refuse('createdAt', 'an ISO 8601 time or milliseconds since 1970', undefined),
      ...(callId !== undefined && { callId }),
      ...(metadata !== undefined && { metadata }),
    }
  } catch (error) {
    throw error instanceof Refusal ? new CommandError(`${origin}: ${error.message}`) : error
  }
}

function parseObject(line: string, origin: string): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new CommandError(`${origin}: it is not JSON: ${(error as Error).message}`)
  }
  if (isObject(value)) return value
  throw new CommandError(`${origin}: expected JSON lines, one object a line`)
}
