import { badRequest, type GeminiError } from './gemini-error.ts'
import type { GeminiRequest } from './gemini-request.ts'

type Fields = Readonly<Record<string, unknown>>

/** Names of a message's fields, as https://ai.google.dev/api/generate-content lists them. */
function names(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}

const REQUEST = names(
  'contents systemInstruction generationConfig safetySettings tools toolConfig cachedContent labels model serviceTier store',
)
const CONTENT = names('role parts')
const PART = names(
  `text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought thoughtSignature
  videoMetadata`,
)
const GENERATION = names(
  `stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens
  temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers
  speechConfig thinkingConfig imageConfig mediaResolution audioTimestamp routingConfig`,
)
const THINKING = names('includeThoughts thinkingBudget thinkingLevel')
const SCHEMA = names(
  `type format title description nullable enum maxItems minItems properties required minProperties maxProperties
  minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum`,
)
const TYPES = names('STRING NUMBER INTEGER BOOLEAN ARRAY OBJECT NULL')

/** @throws GeminiError 400, as the services refuse what they can't read */
export function checkGenerate(request: GeminiRequest): void {
  const body = fields(request.body, '')
  checkNames(body, REQUEST, '')
  const { contents, systemInstruction, generationConfig } = camel(body)
  const turns = checkContents(contents, 'GenerateContentRequest')
  if (systemInstruction !== undefined) checkContent(systemInstruction, 'system_instruction')
  if (isGemini35(request.model) && turns.at(-1)?.role === 'model') {
    throw badRequest('contents', 'Requests whose last turn has role model are not supported for this model.')
  }
  if (generationConfig !== undefined) checkGenerationConfig(generationConfig, request.model)
}

/** @throws GeminiError 400 */
export function checkContents(contents: unknown, message: string): readonly Fields[] {
  if (!Array.isArray(contents) || contents.length === 0) {
    throw badRequest('contents', 'contents is not specified', `* ${message}.contents: contents is not specified\n`)
  }
  return contents.map((content, i) => checkContent(content, `contents[${i}]`))
}

function checkContent(content: unknown, path: string): Fields {
  const given = fields(content, path)
  checkNames(given, CONTENT, path)
  const { role, parts } = given
  if (role !== undefined && !['user', 'model', 'function', 'system'].includes(String(role))) {
    throw badRequest(path, 'Please use a valid role: user, model.')
  }
  if (!Array.isArray(parts) || parts.length === 0) {
    throw badRequest(
      `${path}.parts`,
      'must include at least one parts field',
      `* ${path}.parts: contents.parts must not be empty.\n`,
    )
  }
  for (const [i, part] of parts.entries()) {
    const data = fields(part, `${path}.parts[${i}]`)
    checkNames(data, PART, `${path}.parts[${i}]`)
    if (data.text !== undefined && typeof data.text !== 'string') {
      // As the real one does, it says back what it was sent.
      throw badRequest(`${path}.parts[${i}].text`, `Invalid value (TYPE_STRING), ${JSON.stringify(data.text)}`)
    }
    if (Object.keys(data).length === 0) {
      throw badRequest(`${path}.parts[${i}].data`, "required oneof field 'data' must have one initialized field")
    }
  }
  return given
}

function checkGenerationConfig(given: unknown, model: string): void {
  const raw = fields(given, 'generation_config')
  checkNames(raw, GENERATION, 'generation_config')
  const config = camel(raw)
  const isJson = config.responseMimeType === 'application/json'
  if (config.responseSchema !== undefined) {
    if (!isJson) {
      throw badRequest(
        'generation_config.response_mime_type',
        'response_schema needs response_mime_type application/json',
      )
    }
    checkSchema(config.responseSchema, 'generation_config.response_schema')
  }
  const { maxOutputTokens, thinkingConfig, presencePenalty, frequencyPenalty } = config
  if (maxOutputTokens !== undefined && !(Number.isInteger(maxOutputTokens) && Number(maxOutputTokens) > 0)) {
    throw badRequest('generation_config.max_output_tokens', 'max_output_tokens must be positive')
  }
  if (isGemini35(model) && (presencePenalty !== undefined || frequencyPenalty !== undefined)) {
    throw badRequest('generation_config', 'Penalty is not enabled for this model')
  }
  if (thinkingConfig !== undefined) checkThinking(thinkingConfig, model)
}

/** https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking */
function checkThinking(given: unknown, model: string): void {
  const raw = fields(given, 'generation_config.thinking_config')
  checkNames(raw, THINKING, 'generation_config.thinking_config')
  const { thinkingBudget, thinkingLevel } = camel(raw)
  const refuse = (why: string): GeminiError => badRequest('generation_config.thinking_config', why)
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    throw refuse('You can only set only one of thinking budget and thinking level.')
  }
  if (thinkingLevel !== undefined && !/^gemini-[3-9]/.test(model)) {
    throw refuse('Thinking level is not supported for this model.')
  }
  const takesMinimal = /flash-lite|^gemini-3(\.[56])?-flash/.test(model)
  if (String(thinkingLevel).toUpperCase() === 'MINIMAL' && !takesMinimal) {
    throw refuse('Thinking level MINIMAL is not supported for this model.')
  }
  if (thinkingBudget !== undefined && /^gemini-(1|2\.0)/.test(model)) {
    throw refuse('Thinking is not supported for this model.')
  }
  if (thinkingBudget === 0 && /pro/.test(model))
    throw refuse('Budget 0 is invalid. This model only works in thinking mode.')
}

function checkSchema(given: unknown, path: string): void {
  const schema = fields(given, path)
  checkNames(schema, SCHEMA, path)
  const { type, properties, items, required, anyOf } = camel(schema)
  if (Array.isArray(anyOf)) for (const [i, one] of anyOf.entries()) checkSchema(one, `${path}.any_of[${i}]`)
  else if (!TYPES.has(String(type).toUpperCase())) throw badRequest(`${path}.type`, 'must be specified')
  const kind = String(type).toUpperCase()
  if (kind === 'ARRAY') {
    if (items === undefined) throw badRequest(`${path}.items`, 'missing field.')
    checkSchema(items, `${path}.items`)
  }
  if (kind !== 'OBJECT') return
  const known = Object.entries(properties === undefined ? {} : fields(properties, `${path}.properties`))
  if (known.length === 0) throw badRequest(`${path}.properties`, 'should be non-empty for OBJECT type')
  for (const [name, one] of known) checkSchema(one, `${path}.properties[${name}]`)
  for (const [i, name] of (Array.isArray(required) ? required : []).entries()) {
    if (!known.some(([one]) => one === name)) throw badRequest(`${path}.required[${i}]`, 'property is not defined')
  }
}

export function fields(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw badRequest(path, 'expected a message', `Invalid JSON payload received. Expected a message${at(path)}.`)
}

/** The services read both spellings of a name. */
export function camel(given: Fields): Fields {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [camelName(name), value]))
}

function camelName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

export function checkNames(given: Fields, known: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(given)) {
    if (known.has(camelName(name))) continue
    const why = `Invalid JSON payload received. Unknown name "${name}"${at(path)}: Cannot find field.`
    throw badRequest(path, why)
  }
}

function at(path: string): string {
  return path === '' ? '' : ` at '${path}'`
}

/** Its breaking changes: https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/3-5-flash-lite */
function isGemini35(model: string): boolean {
  return model.startsWith('gemini-3.5-flash-lite')
}
