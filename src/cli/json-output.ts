/**
 * A value as one line of JSON. What terminals take for commands is escaped too where JSON itself would let it pass:
 * DEL and the C1 controls.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[\u007f-\u009f]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
}
