import type { OpenAIEncoding } from '../../clients/gpt-tokenizer.ts'
import { ThermoclineError } from '../../errors.ts'

// GPT-4 itself and its dated and sized variants, but not GPT-4o, GPT-4.1 and GPT-4.5, which came with o200k_base.
const CL100K = /^(?:gpt-4(?![.o\d])|gpt-3\.?5|text-embedding-)/
const O200K = /^(?:gpt-|chatgpt-|o\d)/

/**
 * The encoding of an OpenAI model, fine-tuned ones (`ft:…`) too. Every `gpt-…` that is not known to be older counts as
 * one of `o200k_base`, as has been true of all models since GPT-4o.
 * @throws ThermoclineError `INVALID_OPTION` for what is no model of these encodings
 */
export function openAIEncodingOf(model: string): OpenAIEncoding {
  const name = String(model).replace(/^ft:/, '')
  if (CL100K.test(name)) return 'cl100k_base'
  if (O200K.test(name)) return 'o200k_base'
  throw new ThermoclineError(
    'INVALID_OPTION',
    `Cannot use model: expected a model of OpenAI since GPT-3.5: received ${String(model)}`,
  )
}
