// Characters that nobody sees, in which a text can hide another one or turn its order round: controls, soft hyphen, zero
// width space, marks of direction, invisible operators, tags. Not the two joiners, which Persian and families of emoji
// are written with, nor variation selectors, unless they are piled up: then they are a code.
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are meant
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu
const PILED_UP = /(?:\u200c|\u200d|[\ufe00-\ufe0f]){3,}/gu

/** A text as people see it, for models that would read what people don't. Lone halves of surrogate pairs go too. */
export function visibleText(text: string): string {
  return text.toWellFormed().replace(HIDDEN, '').replace(PILED_UP, '')
}

/** The same in one line. */
export function visibleLine(text: string): string {
  return visibleText(text.replace(/[\r\v\f\u0085]/g, ' '))
    .replace(/\s+/gu, ' ')
    .trim()
}
