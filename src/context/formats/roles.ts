/** What others say of who speaks, in our words. */
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

/** The content type of what that role says in messages of OpenAI, Gemini, the AI SDK and the like; undefined for any other. */
export function contentTypeOfRole(role: string): string | undefined {
  return Object.hasOwn(CONTENT_TYPES, role) ? CONTENT_TYPES[role] : undefined
}
