import type { MemoryItem } from '../index.ts'
import type { Terminal } from './terminal.ts'
import { clip, oneLine, padEnd } from './text-layout.ts'

const NAME_COLUMNS = 14
const TYPE_COLUMNS = 18

/** An item in a list. Cut to the width where a person looks, and whole where the line goes elsewhere. */
export function itemLine({ createdAt, contentType, tier, content }: MemoryItem, terminal: Terminal): string {
  const head = `${formatTime(createdAt)}  ${padEnd(tier, 4)}  ${padEnd(clip(contentType, TYPE_COLUMNS), TYPE_COLUMNS)} `
  const text = terminal.isInteractive ? clip(content, terminal.columns - head.length) : oneLine(content)
  return `${terminal.paint('dim', head)}${text}`.trimEnd()
}

/** All of an item: what is known of it line by line, and its content with its own lines. */
export function itemLines(item: MemoryItem, terminal: Terminal): string[] {
  const { id, tenantId, userId, sessionId, contentType, createdAt, content, ...rest } = item
  const { tier, cached: _, accessCount, lastAccessedAt, expiresAt, payload, ...optional } = rest
  const fields: readonly (readonly [string, string])[] = [
    ['id', id],
    ['tenant', tenantId],
    ['user', userId],
    ['session', sessionId],
    ['type', contentType],
    ['created', formatTime(createdAt)],
    ['tier', tier],
    ['reads', `${accessCount}${lastAccessedAt === undefined ? '' : `, last ${formatTime(lastAccessedAt)}`}`],
    ...(expiresAt === undefined ? [] : [['expires', formatTime(expiresAt)] as const]),
    ...Object.entries(optional).map(([name, value]) => [name, asText(value)] as const),
    ...(payload === undefined ? [] : [['payload', `${payload.format}: ${payload.data}`] as const]),
  ]
  const head = fields.map(([name, value]) => `${terminal.paint('dim', padEnd(name, NAME_COLUMNS))}${oneLine(value)}`)
  return [...head, '', ...contentLines(content)]
}

/** `2026-11-21 12:10:45`, in UTC. */
export function formatTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ')
}

/** The lines of a text, without what a terminal would take for commands. */
function contentLines(content: string): string[] {
  return content.split(/\r\n|\r|\n/).map((line) => line.replaceAll('\t', '    ').replaceAll(/\p{Cc}/gu, ''))
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
