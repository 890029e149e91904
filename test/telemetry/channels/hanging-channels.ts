import {
  type AlertChannel,
  callbackChannel,
  emailChannel,
  slackChannel,
  webhookChannel,
} from '../../../src/telemetry/index.ts'

/** Where servers are that never answer: ports, and the URL of a web server. */
export interface HangingPlaces {
  readonly web: string
  readonly raw: number
  readonly greeting: number
  readonly mail: number
}

const MAIL = { from: 'memory@example.com', to: 'on-call@example.com' }
const SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`

/** One of each kind that waits for somebody. */
export function hangingChannels({ web, raw, greeting, mail }: HangingPlaces, ca: string): AlertChannel[] {
  const local = { ca, allowPrivateAddresses: true }
  return [
    callbackChannel(() => new Promise(() => undefined)),
    webhookChannel({ ...local, url: web, secret: SECRET }),
    slackChannel({ ...local, url: `https://localhost:${raw}/services` }),
    emailChannel({ ...MAIL, ca, url: `smtp://localhost:${greeting}` }),
    emailChannel({ ...MAIL, ca, url: `smtp://localhost:${mail}` }),
  ]
}
