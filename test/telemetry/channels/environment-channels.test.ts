import { describe, expect, it } from 'vitest'
import { environmentChannels } from '../../../src/telemetry/channels/environment-channels.ts'

const MAIL = { from: 'memory@example.com', to: 'on-call@example.com' }
const SLACK_WEBHOOK_URL = 'https://hooks.slack.com/services/T0/B0/hidden'
const EMAIL_SERVICE_API = 'smtps://me:hidden@mail.example.com'

describe('the environment', () => {
  it.each([
    ['none', {}, []],
    ['none by empty variables', { SLACK_WEBHOOK_URL: '', EMAIL_SERVICE_API: '' }, []],
    ['Slack', { SLACK_WEBHOOK_URL }, ['slack']],
    ['both', { SLACK_WEBHOOK_URL, EMAIL_SERVICE_API }, ['slack', 'email']],
  ])('asks for %s', (_, env, names) => {
    expect(environmentChannels(env, MAIL).map(({ name }) => name)).toEqual(names)
  })

  it.each([
    [{ SLACK_WEBHOOK_URL: 'http://hooks.slack.com/services/hidden' }, MAIL, /^Cannot use SLACK_WEBHOOK_URL: .*https/],
    [{ EMAIL_SERVICE_API: 'https://me:hidden@mail.example.com' }, MAIL, /^Cannot use EMAIL_SERVICE_API: .*smtps:/],
    [{ EMAIL_SERVICE_API }, undefined, /^Cannot use EMAIL_SERVICE_API: it needs addresses/],
  ])('is refused by the name of its variable, without its value', (env, mail, message) => {
    expect(() => environmentChannels(env, mail)).toThrow(message)
    expect(() => environmentChannels(env, mail)).not.toThrow(/hidden/)
  })
})
