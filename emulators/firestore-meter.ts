import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import type { CallFault, CallFaultOptions, CallMatcher, HeldCalls, StatusFaultOptions } from './call-faults.ts'
import { type Bill, NO_BILL } from './firestore-bill.ts'
import { FIRESTORE_METHODS } from './firestore-protocol.ts'
import { FirestoreRelay } from './firestore-relay.ts'
import { LOCAL_HOST, type TcpAddress } from './free-port.ts'

/**
 * Stands between any Firestore client and an emulator, counts what Firestore would bill, and lets single calls go wrong.
 * What a client gives up goes on at the emulator, as it may in a data centre: a write can land late.
 */
export interface FirestoreMeter extends TcpAddress {
  /** What a Firestore client needs in its environment to go through this meter. */
  readonly env: Readonly<Record<string, string>>
  /** Since the start, or since `resetCounts()`. What was carried out counts, whether or not its client was told. */
  counts(): FirestoreCounts
  resetCounts(): void
  /** Answers without the emulator: nothing is carried out. */
  refuse(matches: CallMatcher, options?: StatusFaultOptions): CallFault
  /** Lets the emulator carry out a call, and then answers as if it had failed. */
  loseReply(matches: CallMatcher, options?: StatusFaultOptions): CallFault
  /** Hands calls to the emulator only when they are released, though their clients may have given up by then. */
  hold(matches: CallMatcher, options?: CallFaultOptions): HeldCalls
  stop(): Promise<void>
}

export interface FirestoreCounts extends Bill {
  /** Calls that clients made, by method, refused ones too. */
  readonly calls: Readonly<Record<string, number>>
}

// The emulator has limits of its own, and its word for a message that is too long is passed on.
const LIMITS = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 }
// An emulator that was restarted is found at once.
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 20, 'grpc.max_reconnect_backoff_ms': 100 }

/** Starts a meter on a free port of 127.0.0.1, in this process. */
export async function startFirestoreMeter(emulator: TcpAddress): Promise<FirestoreMeter> {
  const address = `${emulator.host}:${emulator.port}`
  const relay = new FirestoreRelay(new Client(address, credentials.createInsecure(), { ...LIMITS, ...RECONNECT }))
  const server = new Server(LIMITS)
  for (const method of FIRESTORE_METHODS) relay.serve(method, server)
  const port = await listen(server)
  return {
    host: LOCAL_HOST,
    port,
    env: { FIRESTORE_EMULATOR_HOST: `${LOCAL_HOST}:${port}`, METADATA_SERVER_DETECTION: 'none' },
    counts: () => ({ ...relay.bill, calls: Object.fromEntries(relay.calls) }),
    resetCounts: () => {
      relay.bill = NO_BILL
      relay.calls.clear()
    },
    refuse: (matches, { code = 'UNAVAILABLE', times } = {}) =>
      relay.faults.plan(matches, { kind: 'refuse', code }, times),
    loseReply: (matches, { code = 'UNAVAILABLE', times } = {}) =>
      relay.faults.plan(matches, { kind: 'lose reply', code }, times),
    hold: (matches, { times } = {}) => {
      const { promise: released, resolve } = Promise.withResolvers<void>()
      const fault = relay.faults.plan(matches, { kind: 'hold', released }, times)
      return {
        ...fault,
        release: () => {
          fault.remove()
          resolve()
        },
      }
    },
    stop: async () => {
      server.forceShutdown()
      relay.close()
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${LOCAL_HOST}:0`, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    )
  })
}
