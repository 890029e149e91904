import { ThermoclineError } from '../errors.ts'

/** A package that users install themselves, and what can't be done without it. */
export interface Peer {
  /** Follows "Cannot": `connect to redis`. */
  readonly doing: string
  readonly name: string
  /** What `npm install` is given. @default the name */
  readonly install?: string
  /** What may be wrong. @default "is not installed" */
  readonly fault?: string
  /** What else helps: `use codec zstd`. */
  readonly instead?: string
  /** For programs, beside the name of the package. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** @throws ThermoclineError `PEER_MISSING` where `load` fails, whatever for */
export async function loadPeer<T>(load: () => Promise<T>, peer: Peer): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const { doing, name, install = name, fault = 'is not installed', instead, details } = peer
    const advice = `run "npm install ${install}"${instead === undefined ? '' : `, or ${instead}`}`
    throw new ThermoclineError('PEER_MISSING', `Cannot ${doing}: package ${name} ${fault}: ${advice}`, {
      cause,
      details: { package: name, ...details },
    })
  }
}
