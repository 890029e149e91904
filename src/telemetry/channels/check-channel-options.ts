import { checkNames } from '../../lib/check-names.ts'
import { checkWordOption } from '../../lib/check-options.ts'

/** A misspelt `allowPrivateAddresses` or `minSeverity` would otherwise be found out when an alert doesn't come. */
export function checkChannelOptions(
  channel: string,
  options: { readonly minSeverity?: unknown },
  names: readonly string[],
): void {
  checkNames('INVALID_OPTION', `Cannot make a ${channel} channel`, options, [...names, 'minSeverity'])
  if (options.minSeverity !== undefined) checkWordOption('minSeverity', options.minSeverity, ['warning', 'critical'])
}
