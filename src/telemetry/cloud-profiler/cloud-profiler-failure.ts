/** Why a profile could not be made or uploaded. It stays in here: users read it in the status. */
export class CloudProfilerFailure extends Error {
  override readonly name = 'CloudProfilerFailure'
  /** Of google.rpc, such as "PERMISSION_DENIED", or one of ours. */
  readonly code: string
  /** How long the service asks to wait. */
  readonly retryDelayMs: number | undefined

  constructor(code: string, message: string, retryDelayMs?: number) {
    super(message)
    this.code = code
    this.retryDelayMs = retryDelayMs
  }
}
