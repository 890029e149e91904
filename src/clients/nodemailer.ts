import { ThermoclineError } from '../errors.ts'

/** What is used of a transporter of nodemailer; any other way to send mail may be given in its place. */
export interface MailTransport {
  sendMail(mail: MailMessage): Promise<unknown>
  close?(): void
}

export interface MailMessage {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly headers: Readonly<Record<string, string>>
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
  return (await loaded(load)).createTransport(settings)
}

async function loaded(load: () => Promise<NodemailerSlice>): Promise<NodemailerSlice> {
  try {
    return await load()
  } catch (cause) {
    throw new ThermoclineError(
      'PEER_MISSING',
      'Cannot send mail: package nodemailer is not installed: run "npm install nodemailer", or give a transport',
      { cause, details: { package: 'nodemailer' } },
    )
  }
}

// Without types of its own, and described above: as a text, the name asks the compiler for none.
const PACKAGE: string = 'nodemailer'

async function importNodemailer(): Promise<NodemailerSlice> {
  const module: { readonly default: NodemailerSlice } = await import(PACKAGE)
  return module.default
}
