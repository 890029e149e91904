/** Whether a text has the canary, also where it is encoded or hidden as the corpus does that. */
export function carries(text: string, canary: string): boolean {
  const plain = text.normalize('NFKC').replace(/\p{Cf}/gu, '')
  const tagged = [...text].map((char) => char.codePointAt(0)!).filter((code) => code >= 0xe0020 && code <= 0xe007e)
  const readings = [
    plain,
    String.fromCodePoint(...tagged.map((code) => code - 0xe0000)),
    [...plain].reverse().join(''),
    // A run of base64 may begin with letters that don't belong to it.
    ...(plain.match(/[A-Za-z0-9+/]{12,}={0,2}/g) ?? []).flatMap((run) =>
      [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')),
    ),
    ...(plain.match(/(?:[0-9a-f]{2}){12,}/g) ?? []).map((run) => Buffer.from(run, 'hex').toString('latin1')),
  ]
  return readings.some((reading) => reading.includes(canary))
}
