import { loadPeer } from './load-peer.ts'

/** What is used of lz4-napi. Its blocks begin with four bytes of raw size, least significant first. */
export interface Lz4Slice {
  compress(data: Uint8Array, dictionary?: Uint8Array | null | undefined): Promise<Uint8Array>
  compressSync(data: Buffer, dictionary?: Buffer | null | undefined): Uint8Array
  uncompress(data: Uint8Array, dictionary?: Uint8Array | null | undefined): Promise<Uint8Array>
  uncompressSync(data: Uint8Array, dictionary?: Uint8Array | null | undefined): Uint8Array
}

/**
 * Loads lz4-napi when it is first needed.
 *
 * @param load Where it comes from. @default the copy that this package resolves
 * @throws ThermoclineError `PEER_MISSING` where lz4-napi is not installed
 */
export function loadLz4(load: () => Promise<Lz4Slice> = importLz4): Promise<Lz4Slice> {
  return loadPeer(load, {
    doing: 'use codec lz4',
    name: 'lz4-napi',
    install: 'lz4-napi@2',
    instead: 'use codec zstd',
  })
}

async function importLz4(): Promise<Lz4Slice> {
  const { compress, compressSync, uncompress, uncompressSync } = await import('lz4-napi')
  return { compress, compressSync, uncompress, uncompressSync }
}
