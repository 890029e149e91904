import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it } from 'vitest'
import { publishStep, STEP_CHANNEL, STEPS } from '../../src/lib/trace.ts'

it('publishes steps to whoever listens, and nothing where nobody does', () => {
  const heard: unknown[] = []
  const listen = (event: unknown): void => void heard.push(event)
  publishStep('rewrite:planned', 'k')
  subscribe(STEP_CHANNEL, listen)
  for (const step of STEPS) publishStep(step, 'k')
  unsubscribe(STEP_CHANNEL, listen)
  publishStep('rewrite:planned', 'k')
  expect(heard).toEqual(STEPS.map((step) => ({ step, sessionKey: 'k' })))
})
