import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import protobuf from 'protobufjs'

/** A decoded message: fields by their names in camelCase, 64-bit numbers as numbers, bytes as buffers; what is not set is not there. */
export type Message = Readonly<Record<string, unknown>>

/** One call that google.firestore.v1.Firestore offers. */
export interface FirestoreMethod {
  readonly name: string
  /** As gRPC names it: `/google.firestore.v1.Firestore/Commit`. */
  readonly path: string
  /** Whether a client goes on sending while it is answered. */
  readonly isRequestStream: boolean
  decodeRequest(bytes: Uint8Array): Message
  decodeResponse(bytes: Uint8Array): Message
}

const SERVICE = 'google.firestore.v1.Firestore'

/** All methods, as the client library that is installed knows them. */
export const FIRESTORE_METHODS: readonly FirestoreMethod[] = readMethods()

function readMethods(): FirestoreMethod[] {
  // The package exports its package.json, and not the description of the protocol beside it.
  const manifest = createRequire(import.meta.url).resolve('@google-cloud/firestore/package.json')
  const file = join(dirname(manifest), 'build', 'protos', 'v1.json')
  const service = protobuf.Root.fromJSON(JSON.parse(readFileSync(file, 'utf8'))).lookupService(SERVICE)
  return service.methodsArray.map((method) => {
    method.resolve()
    return {
      name: method.name,
      path: `/${SERVICE}/${method.name}`,
      isRequestStream: method.requestStream === true,
      decodeRequest: decoder(method.resolvedRequestType),
      decodeResponse: decoder(method.resolvedResponseType),
    }
  })
}

function decoder(type: protobuf.Type | null): (bytes: Uint8Array) => Message {
  if (!type) throw new Error('Cannot read the protocol of Firestore: a method without a type')
  return (bytes) => type.toObject(type.decode(bytes), { longs: Number })
}
