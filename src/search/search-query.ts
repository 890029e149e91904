import { ThermoclineError } from '../errors.ts'
import { checkNames, kindOf } from '../lib/check-names.ts'
import { queryTerms } from './term-reader.ts'

/** What to look for in a user's memory. */
export interface SearchQuery {
  /** Words, in any language and inflection. 1 to 2,000 characters. */
  readonly query: string
  /** Most hits, 1 to 100. @default 10 */
  readonly limit?: number
  /** Only this session. @default all of the user's */
  readonly sessionId?: string
}

/** A checked query. */
interface ResolvedSearch {
  /** Each once. */
  readonly terms: readonly string[]
  readonly limit: number
}

const NAMES = ['tenantId', 'userId', 'sessionId', 'query', 'limit']
const DEFAULT_LIMIT = 10
const MAX_LIMIT = 100
/** A question, or a message that others like it are looked for by; more terms would only make the search slower. */
const MAX_QUERY_CHARS = 2000

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function checkSearchNames(search: object): void {
  checkNames('INVALID_ARGUMENT', 'Cannot search memory', search, NAMES)
}

/** @throws ThermoclineError `INVALID_ARGUMENT` */
export function resolveSearch(search: SearchQuery): ResolvedSearch {
  checkSearchNames(search)
  const { query, limit = DEFAULT_LIMIT } = search
  if (typeof query !== 'string') throw invalid('query', 'text', kindOf(query))
  if (query.trim() === '') throw invalid('query', 'text', 'only white space')
  if (query.length > MAX_QUERY_CHARS)
    throw invalid('query', `at most ${MAX_QUERY_CHARS} characters`, `${query.length} characters`)
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    throw invalid('limit', `a whole number from 1 to ${MAX_LIMIT}`, typeof limit === 'number' ? limit : kindOf(limit))
  return { terms: queryTerms(query), limit }
}

function invalid(name: string, expected: string, received: string | number): ThermoclineError {
  return new ThermoclineError(
    'INVALID_ARGUMENT',
    `Cannot search memory: ${name}: expected ${expected}: received ${received}`,
    { details: { name } },
  )
}
