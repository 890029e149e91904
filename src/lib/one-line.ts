const MAX_LINE = 1_000

/** Control characters could forge log lines and headers. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}…`
}
