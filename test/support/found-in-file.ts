import { existsSync, readFileSync } from 'node:fs'

/** Texts that match, of all bytes that SQLite keeps of a file: its own, its log and its index of that, in UTF-8 and UTF-16. */
export function foundInFile(path: string, pattern: RegExp): ReadonlySet<string> {
  const found = new Set<string>()
  for (const side of ['', '-wal', '-shm', '-journal']) {
    if (existsSync(path + side)) for (const text of foundInBytes(readFileSync(path + side), pattern)) found.add(text)
  }
  return found
}

/** `pattern` is of ASCII characters. */
export function foundInBytes(bytes: Buffer, pattern: RegExp): ReadonlySet<string> {
  const text = bytes.toString('latin1')
  // ASCII in UTF-16, of either order and at any byte, is itself with zeros between.
  const readings = [text, text.replaceAll('\0', '')]
  return new Set(readings.flatMap((reading) => [...reading.matchAll(new RegExp(pattern, 'g'))].map(([match]) => match)))
}
