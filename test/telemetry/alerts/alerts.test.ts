import { describe, expect, it } from 'vitest'
import type { AlertNotice } from '../../../src/telemetry/alerts/alert.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import type { AlertsOptions } from '../../../src/telemetry/alerts/alerts-options.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { events, failingStore, highCpu, SOURCE } from './findings.ts'

const MINUTE = 60_000

function make(options: Partial<AlertsOptions> = {}) {
  const clock = new ManualClock()
  const notices: AlertNotice[] = []
  const alerts = new Alerts({ source: SOURCE, clock, onNotice: (notice) => notices.push(notice), ...options })
  return { alerts, clock, notices }
}

describe('an alert', () => {
  it('is told once when it begins and once when it recovers, however often it is found', () => {
    const { alerts, clock, notices } = make()
    for (let i = 0; i < 20; i++) {
      alerts.raise(highCpu(90 + i / 10))
      clock.advance(1_000)
    }
    alerts.recover('cpu')
    alerts.recover('cpu')
    expect(events(notices)).toEqual(['raised cpu', 'recovered cpu'])
  })

  it('is listed while it lasts with what was found last, and afterwards in the history', () => {
    const { alerts, clock } = make()
    const begin = clock.now()
    alerts.raise(highCpu(90, 'critical'))
    clock.advance(MINUTE)
    alerts.raise(highCpu(85))
    const [lasting] = alerts.getAlerts()
    expect(lasting).toMatchObject({
      kind: 'cpu',
      severity: 'warning',
      worst: 'critical',
      message: 'CPU at 85 %',
      facts: { value: 85, threshold: 80 },
      since: begin,
      lastSeen: begin + MINUTE,
      times: 2,
      until: undefined,
    })
    clock.advance(MINUTE)
    alerts.recover('cpu')
    expect(alerts.getAlerts()).toEqual([])
    expect(alerts.getHistory()).toEqual([{ ...lasting, until: begin + 2 * MINUTE }])
  })

  it('is told again when it worsens, but not when it wavers between two severities', () => {
    const { alerts, clock, notices } = make()
    for (const severity of ['warning', 'critical', 'warning', 'critical', 'warning'] as const) {
      alerts.raise(highCpu(90, severity))
      clock.advance(1_000)
    }
    expect(events(notices)).toEqual(['raised cpu', 'worsened cpu'])
    expect(notices[1]!.alert.id).toBe(notices[0]!.alert.id)
  })

  it('that lasts is told again after an hour', () => {
    const { alerts, clock, notices } = make()
    for (let minute = 0; minute <= 120; minute++) {
      alerts.raise(highCpu(90))
      clock.advance(MINUTE)
    }
    expect(events(notices)).toEqual(['raised cpu', 'reminder cpu', 'reminder cpu'])
  })

  it('of each store stands by itself', () => {
    const { alerts, notices } = make()
    alerts.raise(failingStore('redis'))
    alerts.raise(failingStore('firestore'))
    alerts.recover('storeFailing', 'redis')
    expect(alerts.getAlerts().map(({ subject }) => subject)).toEqual(['firestore'])
    expect(alerts.isLasting('storeFailing', 'redis')).toBe(false)
    expect(alerts.isLasting('storeFailing', 'firestore')).toBe(true)
    expect(events(notices)).toEqual(['raised storeFailing', 'raised storeFailing', 'recovered storeFailing'])
  })
})

describe('a state that flaps', () => {
  it('is told three times in a row, then once in five minutes', () => {
    const { alerts, clock, notices } = make()
    const seconds = 3_600
    for (let second = 0; second < seconds; second += 2) {
      alerts.raise(highCpu(90))
      clock.advance(1_000)
      alerts.recover('cpu')
      clock.advance(1_000)
    }
    const raised = notices.filter(({ event }) => event === 'raised')
    expect(raised).toHaveLength(3 + Math.floor(seconds / 300) - 1)
    // Each has its recovery, and says how many were not told of.
    expect(notices).toHaveLength(2 * raised.length)
    const { heldBack } = alerts.getStats()
    expect(raised.reduce((sum, notice) => sum + notice.heldBack, 0)).toBeLessThanOrEqual(heldBack)
    expect(raised.length + heldBack).toBe(seconds / 2)
    expect(raised[4]!.heldBack).toBe(149)
  })

  it('is told later where it goes on after too many', () => {
    const { alerts, clock, notices } = make({ burst: 1 })
    alerts.raise(highCpu(90))
    alerts.recover('cpu')
    for (let second = 0; second < 301; second++) {
      alerts.raise(highCpu(90))
      clock.advance(1_000)
    }
    expect(events(notices)).toEqual(['raised cpu', 'recovered cpu', 'raised cpu'])
    expect(notices[2]!.at - notices[2]!.alert.since).toBe(5 * MINUTE)
  })

  it('holds nothing back of another kind or subject', () => {
    const { alerts, notices } = make({ burst: 1 })
    for (let i = 0; i < 5; i++) {
      alerts.raise(highCpu(90))
      alerts.recover('cpu')
    }
    alerts.raise(failingStore('redis'))
    expect(events(notices)).toEqual(['raised cpu', 'recovered cpu', 'raised storeFailing'])
  })

  it('is told as often after the clock has stepped back a day', () => {
    const { alerts, clock, notices } = make()
    const flap = () => {
      alerts.raise(highCpu(90))
      alerts.recover('cpu')
    }
    for (let i = 0; i < 10; i++) flap()
    clock.set(clock.now() - 24 * 60 * MINUTE)
    for (let minute = 0; minute <= 15; minute++) {
      flap()
      clock.advance(MINUTE)
    }
    const raised = notices.filter(({ event }) => event === 'raised')
    expect(raised.map(({ heldBack }) => heldBack)).toEqual([0, 0, 0, 12, 4, 4])
  })
})

describe('alerts', () => {
  it('keep within their bounds', () => {
    const { alerts } = make({ maxAlerts: 3, maxHistory: 2 })
    for (let i = 0; i < 5; i++) alerts.raise(failingStore(`store-${i}`))
    expect(alerts.getAlerts().map(({ subject }) => subject)).toEqual(['store-2', 'store-1', 'store-0'])
    expect(alerts.getStats().refused).toBe(2)
    for (let i = 0; i < 5; i++) alerts.recover('storeFailing', `store-${i}`)
    expect(alerts.getHistory().map(({ subject }) => subject)).toEqual(['store-2', 'store-1'])
  })

  it('go on when a listener throws', () => {
    const { alerts } = make({
      onNotice: () => {
        throw new Error('listener')
      },
    })
    alerts.raise(highCpu(90))
    expect(alerts.getAlerts()).toHaveLength(1)
    expect(alerts.getStats()).toMatchObject({ raised: 1, notices: 1, listenerFailures: 1 })
  })

  it('refuse options that nobody reads, or out of range', () => {
    expect(() => make({ reminderMS: 1 } as Partial<AlertsOptions>)).toThrow(/did you mean reminderMs/)
    expect(() => make({ burst: 0 })).toThrow(/option burst: expected a whole number from 1 to 1000: received 0/)
  })
})
