import { describe, expect, it } from 'vitest'
import {
  type AlertChannel,
  callbackChannel,
  emailChannel,
  logChannel,
  slackChannel,
  webhookChannel,
} from '../../../src/telemetry/index.ts'

const url = 'https://hooks.example.com/services/hidden'
const secret = `whsec_${Buffer.alloc(32).toString('base64')}`
const mail = { from: 'a@example.com', to: 'b@example.com', url: 'smtps://me:hidden@mail.example.com' }

const CHANNELS: readonly [string, (more: object) => AlertChannel][] = [
  ['log', (more) => logChannel(more)],
  ['callback', (more) => callbackChannel(() => undefined, more)],
  ['webhook', (more) => webhookChannel({ url, secret, ...more })],
  ['slack', (more) => slackChannel({ url, ...more })],
  ['email', (more) => emailChannel({ ...mail, ...more })],
]

describe.each(CHANNELS)('a %s channel', (name, make) => {
  it('refuses an option that it does not have', () => {
    expect(() => make({ minimumSeverity: 'critical' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('minimumSeverity') }),
    )
    expect(() => make({ minimumSeverity: 'critical' })).toThrow(`Cannot make a ${name} channel`)
    expect(() => make({ minimumSeverity: 'critical' })).not.toThrow(/hidden/)
  })

  it('refuses a severity that there is not', () => {
    expect(() => make({ minSeverity: 'info' })).toThrow(/minSeverity: expected "warning" or "critical"/)
    expect(make({ minSeverity: 'critical' }).minSeverity).toBe('critical')
    expect(make({}).minSeverity).toBe('warning')
  })
})
