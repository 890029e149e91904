import { checkNames } from '../../lib/check-names.ts'
import { checkWordOption, invalidOption } from '../../lib/check-options.ts'
import type { CloudProfilerOptions } from './cloud-profiler-options.ts'

const NAMES: readonly (keyof CloudProfilerOptions)[] = [
  'projectId',
  'serviceName',
  'serviceVersion',
  'zone',
  'instance',
  'profileTypes',
  'collector',
  'serviceUrl',
  'accessToken',
  'clock',
  'random',
]

// Both as the service checks them.
const PROJECT_ID = /^[a-z][-a-z0-9:.]{4,61}[a-z0-9]$/
const SERVICE_NAME = /^[a-z]([-a-z0-9_.]{0,253}[a-z0-9])?$/
const LOCAL_HOSTS: readonly string[] = ['127.0.0.1', '[::1]', 'localhost']
const MAX_LABEL_LETTERS = 128

/** @throws ThermoclineError `INVALID_OPTION` */
export function checkCloudProfilerOptions(options: CloudProfilerOptions): void {
  checkNames('INVALID_OPTION', 'Cannot start the cloud profiler', options, NAMES)
  const { projectId, serviceName, profileTypes, collector = 'auto', serviceUrl, accessToken } = options
  checkText('projectId', projectId, PROJECT_ID, 'the id of a Google Cloud project')
  if (serviceName !== undefined) {
    checkText('serviceName', serviceName, SERVICE_NAME, 'small letters, digits, "-", "_" and "."')
  }
  for (const name of ['serviceVersion', 'zone', 'instance'] as const) {
    const value: unknown = options[name]
    if (value === undefined || (typeof value === 'string' && value.length <= MAX_LABEL_LETTERS)) continue
    throw invalidOption(name, `a text of at most ${MAX_LABEL_LETTERS} letters`, value)
  }
  checkWordOption('collector', collector, ['auto', 'agent', 'inspector'])
  if (profileTypes !== undefined) {
    if (!Array.isArray(profileTypes) || profileTypes.length === 0) {
      throw invalidOption('profileTypes', 'at least one of "WALL" and "HEAP"', profileTypes)
    }
    for (const type of profileTypes) checkWordOption('profileTypes', type, ['WALL', 'HEAP'])
  }
  if (serviceUrl !== undefined && !isServiceUrl(serviceUrl)) {
    throw invalidOption('serviceUrl', 'the address of a server with https, or with http on this machine', serviceUrl)
  }
  if (accessToken !== undefined && typeof accessToken !== 'function') {
    throw invalidOption('accessToken', 'a function', accessToken)
  }
}

function checkText(name: string, value: unknown, pattern: RegExp, expected: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw invalidOption(name, expected, value)
}

/** A token goes there: not in the clear. */
function isServiceUrl(value: unknown): boolean {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (!url) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL_HOSTS.includes(url.hostname))
}
