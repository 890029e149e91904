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
  // Wide text may begin at an odd byte.
  const readings = [bytes.toString('latin1'), bytes.toString('utf16le'), bytes.subarray(1).toString('utf16le')]
  return new Set(readings.flatMap((text) => [...text.matchAll(new RegExp(pattern, 'g'))].map(([match]) => match)))
}
