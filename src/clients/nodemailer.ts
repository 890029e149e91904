import { loadPeer } from './load-peer.ts'

/** What is used of a transporter of nodemailer; any other way to send mail may be given in its place. */
export interface MailTransport {
  sendMail(mail: MailMessage): Promise<unknown>
  close?(): void
}

export interface MailMessage {
  readonly from: string
  /** Not readonly, since nodemailer's own type isn't. */
  readonly to: string[]
  readonly subject: string
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
  /** Ends the connection when it is aborted; versions before 10.5 know nothing of it. */
  readonly signal: AbortSignal
}

/** Of the options of nodemailer's SMTP transport, those that are set. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte. */
  readonly secure: boolean
  /** No mail without STARTTLS, where it doesn't begin with TLS. */
  readonly requireTLS: boolean
  readonly auth?: { readonly user: string; readonly pass: string }
  readonly tls?: { readonly ca: string }
  readonly connectionTimeout: number
  readonly greetingTimeout: number
  readonly socketTimeout: number
  readonly dnsTimeout: number
  readonly disableFileAccess: boolean
  readonly disableUrlAccess: boolean
}

/** What is used of the module nodemailer. */
export interface NodemailerSlice {
  createTransport(settings: SmtpSettings): MailTransport
}

/**
 * Loads nodemailer when it is first needed, and makes a transport for an SMTP server.
 *
 * @param load Where it comes from. @default the copy that this package resolves
 * @throws ThermoclineError `PEER_MISSING` where nodemailer is not installed
 */
export async function smtpTransport(
  settings: SmtpSettings,
  load: () => Promise<NodemailerSlice> = importNodemailer,
): Promise<MailTransport> {
  const nodemailer = await loadPeer(load, { doing: 'send mail', name: 'nodemailer', instead: 'give a transport' })
  return nodemailer.createTransport(settings)
}

// As a text, the name asks the compiler for no types: old versions have none, and what is used is described above.
const PACKAGE: string = 'nodemailer'

async function importNodemailer(): Promise<NodemailerSlice> {
  const module: { readonly default: NodemailerSlice } = await import(PACKAGE)
  return module.default
}
