import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { CERTIFICATE } from './web-receiver.ts'

const KEY = readFileSync(new URL('../../../emulators/tls/key.pem', import.meta.url), 'utf8')

export const USER = 'me@example.com'
/** Needs to be encoded in a URL. */
export const PASSWORD = 'p/ss:w#rd@hidden'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  /** As it came, headers first. */
  readonly raw: string
  readonly isEncrypted: boolean
  readonly user: unknown
}

/** A real SMTP server on this machine that remembers mails, and what users tried to log in. */
export interface MailReceiver extends AsyncDisposable {
  readonly port: number
  readonly received: readonly ReceivedMail[]
  readonly logins: readonly string[]
  openConnections(): number
}

/** What a server does apart from taking mails. */
export interface MailReceiverOptions {
  /** TLS from the first byte. */
  readonly secure?: boolean
  /** No STARTTLS. */
  readonly isPlain?: boolean
  /** Never greets. */
  readonly isSilent?: boolean
  /** Takes a mail and never says so. */
  readonly hangsAfterData?: boolean
  /** Answers to logins, recipients and mails with this status. */
  readonly status?: number
  readonly refusedRecipient?: string
}

/** Logins are taken of {@link USER} with {@link PASSWORD}. */
export async function startMailReceiver(options: MailReceiverOptions = {}): Promise<MailReceiver> {
  const received: ReceivedMail[] = []
  const logins: string[] = []
  const refusal = (status: number): Error => Object.assign(new Error('no'), { responseCode: status })
  const server = new SMTPServer({
    secure: options.secure ?? false,
    key: KEY,
    cert: CERTIFICATE,
    authOptional: true,
    disabledCommands: options.isPlain ? ['STARTTLS'] : [],
    allowInsecureAuth: options.isPlain ?? false,
    disableReverseLookup: true,
    closeTimeout: 1,
    logger: false,
    onConnect(_session, callback) {
      if (!options.isSilent) callback()
    },
    onAuth({ username, password }, _session, callback) {
      logins.push(username ?? '')
      if (username === USER && password === PASSWORD) callback(null, { user: username })
      else callback(refusal(535))
    },
    onRcptTo({ address }, _session, callback) {
      callback(address === options.refusedRecipient ? refusal(550) : null)
    },
    async onData(stream, session, callback) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const { mailFrom, rcptTo } = session.envelope
      received.push({
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map(({ address }) => address),
        raw: Buffer.concat(chunks).toString(),
        isEncrypted: session.secure,
        user: session.user,
      })
      if (options.hangsAfterData) return
      callback(options.status === undefined ? null : refusal(options.status))
    },
  } satisfies SMTPServerOptions)
  // Clients that hang up in the middle.
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    received,
    logins,
    openConnections: () => server.connections.size,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(resolve))
    },
  }
}
