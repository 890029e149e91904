const DIGITS = '0123456789abcdefghijklmnopqrstuv'

/** Base-32 with the digits of RFC 4648 section 7 in lower case and no padding: text order is byte order. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += DIGITS[(held >> bits) & 31]
    }
  }
  return bits > 0 ? text + DIGITS[(held << (5 - bits)) & 31] : text
}
