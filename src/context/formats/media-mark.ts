/** What a message holds beside text. */
export type MediaKind = 'image' | 'audio' | 'video' | 'file'

const KINDS: readonly MediaKind[] = ['image', 'audio', 'video', 'file']
const MAX_NAME_CHARACTERS = 80
const MARK_LINES = /^\[(image|audio|video|file)(?: [^[\]\n]+)?\]$/gm

/** Kind of a media type, such as `image/png`; undefined for what is none. */
export function kindOfMediaType(mediaType: unknown): MediaKind | undefined {
  if (typeof mediaType !== 'string' || mediaType === '') return undefined
  return KINDS.find((kind) => mediaType.toLowerCase().startsWith(kind)) ?? 'file'
}

/** Kind of a part by its own name, such as `image_url`; undefined for what a model doesn't look at or hear. */
export function kindOfPart(type: unknown): MediaKind | undefined {
  return typeof type === 'string' ? KINDS.find((kind) => type.includes(kind)) : undefined
}

/** A line of an item's content in place of a part that has no text: `[image]`, `[file report.pdf]`. */
export function mediaMark(kind: MediaKind, name?: unknown): string {
  const shown = typeof name === 'string' ? name.replace(/[\s\p{C}[\]]+/gu, ' ').trim() : ''
  return shown === '' ? `[${kind}]` : `[${kind} ${[...shown].slice(0, MAX_NAME_CHARACTERS).join('').trim()}]`
}

/** Kinds of the marks in a content, in their order. A line that someone wrote just so counts as one. */
export function markedMedia(content: string): MediaKind[] {
  return [...content.matchAll(MARK_LINES)].map(([, kind]) => kind as MediaKind)
}
