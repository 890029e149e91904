import { type Conversation, makeConversation } from './conversation.ts'
import { readScript } from './conversation-script.ts'
import { ABOARD } from './sailing-school/aboard.ts'
import { AIKO } from './sailing-school/aiko.ts'
import { CLAIRE } from './sailing-school/claire.ts'
import { INGRID } from './sailing-school/ingrid.ts'
import { JONAS } from './sailing-school/jonas.ts'
import { TOMAS } from './sailing-school/tomas.ts'

/** The demo's own conversation: the assistant of a sailing school, its guests and a skipper, over twelve weeks. */
export function sailingSchool(): Conversation {
  const items = [INGRID, TOMAS, CLAIRE, AIKO, JONAS, ABOARD].flatMap(readScript)
  return makeConversation('The assistant of a sailing school', items, 'What was beeping under the chart table?')
}
