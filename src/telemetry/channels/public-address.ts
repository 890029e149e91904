import { BlockList, isIPv4, isIPv6 } from 'node:net'

// Not globally reachable by the registries of special-purpose addresses of the IANA (RFC 6890), and multicast.
const SPECIAL_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local: metadata servers of clouds answer at 169.254.169.254.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

// Of 2000::/3. Teredo and 6to4 carry IPv4 addresses of any kind inside.
const SPECIAL_IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const specialIpv4 = new BlockList()
for (const [address, bits] of SPECIAL_IPV4) specialIpv4.addSubnet(address, bits, 'ipv4')
const specialIpv6 = new BlockList()
for (const [address, bits] of SPECIAL_IPV6) specialIpv6.addSubnet(address, bits, 'ipv6')
// All else is private, local, mapped to IPv4 or not assigned.
const globalIpv6 = new BlockList()
globalIpv6.addSubnet('2000::', 3, 'ipv6')

/** True for an address that anybody on the internet may reach; false for what isn't an address, or names a zone. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !specialIpv4.check(address, 'ipv4')
  if (!isIPv6(address) || address.includes('%')) return false
  return globalIpv6.check(address, 'ipv6') && !specialIpv6.check(address, 'ipv6')
}
