/** Codecs that a segment can be stored with. `lz4` needs the package lz4-napi. */
export type CodecName = 'none' | 'lz4' | 'zstd'

/** How hard to try: `light` for what is rewritten soon (a page), `strong` for what stays (an archive). */
export type CompressionLevel = 'light' | 'strong'

export interface CompressOptions {
  readonly level: CompressionLevel
  /** Bytes that what is compressed may refer to; decompressing needs the same. */
  readonly dictionary?: Uint8Array
}

export interface DecompressOptions {
  /** Exact size of what comes out, in bytes. Nothing larger is ever allocated, whatever the input says. */
  readonly rawBytes: number
  readonly dictionary?: Uint8Array
}

/** Packs bytes. The result carries neither its own size nor its raw size: both are known to whoever stores it. */
export interface Codec {
  readonly name: CodecName
  compress(raw: Uint8Array, options: CompressOptions): Promise<Uint8Array>
  /**
   * Bytes that the caller may change.
   * @throws ThermoclineError `SEGMENT_CORRUPT` for anything that does not give exactly `rawBytes` bytes
   */
  decompress(packed: Uint8Array, options: DecompressOptions): Promise<Uint8Array>
}
