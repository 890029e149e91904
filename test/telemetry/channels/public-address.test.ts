import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../../src/telemetry/channels/public-address.ts'

describe('an address is public', () => {
  it.each([
    '8.8.8.8',
    '9.255.255.255',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '193.0.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '2001:4860:4860::8888',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('an address is not public', () => {
  it.each([
    ['this host', '0.0.0.0'],
    ['private', '10.1.2.3'],
    ['shared by a provider', '100.100.100.200'],
    ['loopback', '127.8.8.8'],
    ['metadata', '169.254.169.254'],
    ['private', '172.16.0.1'],
    ['private, at its end', '172.31.255.255'],
    ['metadata of another cloud', '192.0.0.192'],
    ['private', '192.168.1.1'],
    ['benchmarks', '198.19.0.1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped, in hexadecimal', '::ffff:a9fe:a9fe'],
    ['mapped, of a public one', '::ffff:8.8.8.8'],
    ['compatible', '::127.0.0.1'],
    ['translated', '64:ff9b::a9fe:a9fe'],
    ['translated locally', '64:ff9b:1::1'],
    ['6to4 around a private one', '2002:a9fe:a9fe::1'],
    ['Teredo', '2001:0:53aa:64c::1'],
    ['documentation', '2001:db8::1'],
    ['metadata', 'fd00:ec2::254'],
    ['unique local', 'fc00::1'],
    ['link-local', 'fe80::1'],
    ['with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['no address', 'localhost'],
    ['short', '127.1'],
    ['nothing', ''],
  ])('%s: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
