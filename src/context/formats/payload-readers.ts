import type { PayloadReader } from './draft.ts'
import { GEMINI_FORMAT } from './gemini-format.ts'
import { MODEL_MESSAGE_FORMAT } from './model-message-format.ts'
import { OPENAI_FORMAT } from './openai-format.ts'

/** All that can be read, so that what came as one can go as another. */
export const PAYLOAD_READERS: readonly PayloadReader[] = [OPENAI_FORMAT, GEMINI_FORMAT, MODEL_MESSAGE_FORMAT]
