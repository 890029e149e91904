import { ThermoclineError } from '../errors.ts'

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
export async function loadLz4(load: () => Promise<Lz4Slice> = importLz4): Promise<Lz4Slice> {
  try {
    return await load()
  } catch (cause) {
    throw new ThermoclineError(
      'PEER_MISSING',
      'Cannot use codec lz4: package lz4-napi is not installed: run "npm install lz4-napi@2", or use codec zstd',
      { cause, details: { package: 'lz4-napi' } },
    )
  }
}

async function importLz4(): Promise<Lz4Slice> {
  const { compress, compressSync, uncompress, uncompressSync } = await import('lz4-napi')
  return { compress, compressSync, uncompress, uncompressSync }
}
