/** What an error says. Whatever may be thrown has a text, also what can't be made one. */
export function errorMessage(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error)
  } catch {
    return 'an error without a text'
  }
}
