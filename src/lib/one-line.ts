const MAX_LINE = 1_000

/** Control characters could forge log lines and headers. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it looks for
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
  return line.length <= MAX_LINE ? line : `${line.slice(0, MAX_LINE)}…`
}
