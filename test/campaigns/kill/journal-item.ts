import type { NewMemoryItem } from '../../../src/memory/memory-item.ts'
import { Chance } from '../../support/random.ts'
import type { Intent } from './journal.ts'

export const USER = 'kill-campaign'

const WORDS = 'lake layer warm cold depth water light wind stone shore drift calm wave reed frost thaw'.split(' ')

/** The item that an intent stands for: the same one whoever asks. */
export function itemOf({ op, session, size, keyedAt }: Intent): NewMemoryItem {
  return {
    userId: USER,
    sessionId: session,
    content: contentOf(op, size),
    contentType: op % 7 === 0 ? 'tool_result' : op % 2 === 0 ? 'user_message' : 'assistant_message',
    metadata: { op },
    ...(op % 7 === 0 && { callId: `call ${op}` }),
    ...(keyedAt !== undefined && { idempotencyKey: `op ${op}`, createdAt: keyedAt }),
  }
}

/** Half words, which compress well, and half digits, which don't. */
function contentOf(op: number, size: number): string {
  const chance = new Chance(op)
  let text = `#${op}`
  while (text.length < size) text += ` ${chance.of(0.5) ? chance.pick(WORDS) : chance.between(0, 1_000_000_000)}`
  return text
}
