import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { JsonObject, JsonValue } from '../../index.ts'
import { CommandError } from '../command.ts'
import { oneLine } from '../text-layout.ts'
import { type Conversation, makeConversation, type PlayedItem } from './conversation.ts'

/** The demo holds everything in the heap, to compare it with what comes back. */
const MAX_FILE_BYTES = 256 * 1024 * 1024

/** What other tools say of a message, in our words. */
const CONTENT_TYPES: { readonly [role: string]: string } = {
  user: 'user_message',
  human: 'user_message',
  assistant: 'assistant_message',
  model: 'assistant_message',
  system: 'system_message',
  developer: 'system_message',
  tool: 'tool_result',
  function: 'tool_result',
}
/** Content types that say how a message is shown rather than what it is: there the role decides. */
const SHOWN_AS = new Set(['text', 'image', 'audio', 'file'])
/** Beside these, all is kept as metadata. */
const OWN_FIELDS = new Set('userId sessionId content contentType role createdAt callId toolCallId metadata'.split(' '))
/** Names and bookkeeping of the store that the file came from. */
const LEFT_OUT = new Set(['id', 'updatedAt'])

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
    if (error instanceof CommandError) throw error
    const { code } = error as NodeJS.ErrnoException
    const reasons: { readonly [code: string]: string } = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'it may not be read',
    }
    throw new CommandError(`Cannot read ${path}: ${reasons[code ?? ''] ?? String(error)} (${code ?? 'unknown'})`)
  }
}

function readItem(line: string, origin: string): PlayedItem['item'] {
  const fields = parseObject(line, origin)
  const refuse = (name: string, expected: string, value: unknown): never => {
    const received = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60)
    throw new CommandError(`${origin}: ${name}: expected ${expected}: received ${received}`)
  }
  const textOf = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value : refuse(name, 'text', value)
  }
  const { createdAt, role, contentType, metadata } = fields
  const at = typeof createdAt === 'string' ? Date.parse(createdAt) : createdAt
  if (typeof at !== 'number' || !Number.isFinite(at))
    return refuse('createdAt', 'an ISO 8601 time or milliseconds since 1970', createdAt)
  if (role === undefined && contentType === undefined) return refuse('contentType', 'it or role', undefined)
  for (const [name, value] of Object.entries({ role, contentType })) {
    if (value !== undefined && typeof value !== 'string') return refuse(name, 'text', value)
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)))
    return refuse('metadata', 'an object', metadata)
  const callId = fields.callId ?? fields.toolCallId
  if (callId !== undefined && callId !== null && typeof callId !== 'string') return refuse('callId', 'text', callId)
  const kept = metadataOf(fields)
  return {
    userId: textOf('userId'),
    sessionId: textOf('sessionId'),
    content: textOf('content'),
    contentType: ourContentType(role as string | undefined, contentType as string | undefined),
    createdAt: Math.trunc(at),
    ...(typeof callId === 'string' && { callId }),
    ...(Object.keys(kept).length > 0 && { metadata: kept }),
  }
}

function parseObject(line: string, origin: string): { readonly [name: string]: JsonValue | undefined } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new CommandError(`${origin}: it is not JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new CommandError(`${origin}: expected JSON lines, one object a line`)
}

function ourContentType(role: string | undefined, contentType: string | undefined): string {
  if (contentType !== undefined && (role === undefined || !SHOWN_AS.has(contentType))) return contentType
  return CONTENT_TYPES[role ?? ''] ?? role ?? 'note'
}

function metadataOf(fields: { readonly [name: string]: JsonValue | undefined }): JsonObject {
  const others = Object.entries(fields).filter(
    ([name]) => !OWN_FIELDS.has(name) && !LEFT_OUT.has(name) && !name.startsWith('_'),
  )
  const { contentType, role, metadata } = fields
  const shownAs = role !== undefined && contentType !== 'text' && SHOWN_AS.has(String(contentType))
  return {
    ...(Object.fromEntries(others) as JsonObject),
    ...(shownAs && { shownAs: contentType as string }),
    ...(metadata as JsonObject | undefined),
  }
}
