import { lookup as resolveName } from 'node:dns/promises'
import { isIP } from 'node:net'
import { invalidOption } from '../../lib/check-options.ts'
import { notSent } from '../alerts/not-sent.ts'
import { isPublicAddress } from './public-address.ts'

/** What all channels share that send to a web server. */
export interface WebTargetOptions {
  /** https only. May hold a secret, so it is in no message and no statistics. */
  readonly url: string
  /** Allows servers in your own network, and on this machine. @default false */
  readonly allowPrivateAddresses?: boolean
  /** Certificates to trust, in PEM, in place of those that Node trusts. */
  readonly ca?: string
  /** Addresses of a host name. @default the resolver of the system */
  readonly lookup?: (hostname: string) => Promise<readonly string[]>
}

export const WEB_TARGET_NAMES: readonly string[] = Object.freeze(['url', 'allowPrivateAddresses', 'ca', 'lookup'])

/** A server to send to, checked as far as that goes without asking a resolver. */
export interface WebTarget {
  readonly url: URL
  readonly ca: string | undefined
  /** Addresses, checked: connect to these and to no other, since a name may lead elsewhere a moment later. */
  resolve(channel: string): Promise<readonly string[]>
}

/** @throws ThermoclineError `INVALID_OPTION` */
export function webTarget({
  url: given,
  allowPrivateAddresses = false,
  ca,
  lookup = systemLookup,
}: WebTargetOptions): WebTarget {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  if (url?.protocol !== 'https:') throw invalidOption('url', 'a URL that begins with https://', given)
  if (url.username !== '' || url.password !== '') throw invalidOption('url', 'a URL without user and password', given)
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isLiteral = isIP(hostname) !== 0
  if (isLiteral && !allowPrivateAddresses && !isPublicAddress(hostname)) {
    throw invalidOption('url', 'a public address, or allowPrivateAddresses', given)
  }
  return Object.freeze({
    url,
    ca,
    async resolve(channel: string): Promise<readonly string[]> {
      const addresses = isLiteral ? [hostname] : await namesToAddresses(channel, hostname, lookup)
      if (addresses.length === 0) throw notSent(channel, 'its host has no address', { mayRetry: true })
      // One private address among public ones is reason enough: which of them is used next is up to others.
      if (!allowPrivateAddresses && !addresses.every(isPublicAddress)) {
        throw notSent(channel, 'its host leads to a private address; allowPrivateAddresses permits that', {
          mayRetry: false,
        })
      }
      return addresses
    },
  })
}

async function namesToAddresses(
  channel: string,
  hostname: string,
  lookup: (hostname: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    return await lookup(hostname)
  } catch (cause) {
    throw notSent(channel, 'its host name was not resolved', { mayRetry: true, cause })
  }
}

async function systemLookup(hostname: string): Promise<readonly string[]> {
  return (await resolveName(hostname, { all: true })).map(({ address }) => address)
}
