/** Codes of OpenSSL for an issuer that isn't known. Others, of a certificate that has expired say, name the cure themselves. */
const UNKNOWN_ISSUER: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Why a server was not reached, by codes only: texts of errors may quote secrets. */
export interface ConnectionFault {
  readonly reason: string
  readonly mayRetry: boolean
}

/** @param outcome what came of it: "no answer" */
export function connectionFault(outcome: string, error: unknown): ConnectionFault {
  const code = codeOf(error)
  if (code === undefined || !UNKNOWN_ISSUER.has(code)) {
    return { reason: `${outcome} (${code ?? 'no reason known'})`, mayRetry: true }
  }
  const advice = "give its authority's certificate as option ca, or to Node by NODE_EXTRA_CA_CERTS"
  return { reason: `the certificate of the server is not trusted (${code}): ${advice}`, mayRetry: false }
}

/** nodemailer has a code of its own for each kind of failure, and keeps the one that it replaces. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const original: unknown = Reflect.get(error, 'originalCode')
  if (typeof original === 'string' && UNKNOWN_ISSUER.has(original)) return original
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' ? code : undefined
}
