import { describe, expect, it } from 'vitest'
import type { AlertChannel } from '../../../src/telemetry/alerts/alert-channel.ts'
import { Alerts } from '../../../src/telemetry/alerts/alerts.ts'
import type { AlertsOptions } from '../../../src/telemetry/alerts/alerts-options.ts'
import { notSent } from '../../../src/telemetry/alerts/not-sent.ts'
import { callbackChannel } from '../../../src/telemetry/channels/callback-channel.ts'
import { logChannel } from '../../../src/telemetry/channels/log-channel.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { events, failingStore, highCpu, recordingChannel, SOURCE, settled } from '../alerts/findings.ts'

const never = (): Promise<void> => new Promise(() => undefined)

function make(channels: readonly AlertChannel[], options: Partial<AlertsOptions> = {}) {
  const clock = new ManualClock()
  return { clock, alerts: new Alerts({ source: SOURCE, clock, channels, ...options }) }
}

describe('a channel', () => {
  it('is told in order, and of nothing below its severity', async () => {
    const all = recordingChannel()
    const bad = recordingChannel(undefined, 'critical')
    const { alerts } = make([all, bad])
    alerts.raise(highCpu(85))
    alerts.raise(highCpu(99, 'critical'))
    alerts.recover('cpu')
    await settled()
    expect(events(all.told)).toEqual(['raised cpu', 'worsened cpu', 'recovered cpu'])
    expect(events(bad.told)).toEqual(['worsened cpu', 'recovered cpu'])
  })

  it('that throws, at once or later, harms neither the caller nor other channels', async () => {
    const good = recordingChannel()
    const { alerts } = make([
      callbackChannel(() => {
        throw new TypeError('secret of the caller')
      }),
      callbackChannel(() => Promise.reject(Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })), {
        name: 'late',
      }),
      good,
    ])
    alerts.raise(highCpu(90))
    await settled()
    expect(good.told).toHaveLength(1)
    expect(alerts.getStats().channels).toMatchObject([
      { name: 'callback', sent: 0, failed: 1, lastError: 'TypeError' },
      { name: 'late', sent: 0, failed: 1, lastError: 'Error ECONNREFUSED' },
      { name: 'recording', sent: 1, failed: 0, lastError: undefined },
    ])
  })

  it('is tried again where that may help, after growing pauses', async () => {
    const at: number[] = []
    const { alerts, clock } = make([
      recordingChannel(async () => {
        at.push(clock.now())
        throw notSent('recording', 'the server answered 503', { mayRetry: true })
      }),
    ])
    const begin = clock.now()
    alerts.raise(highCpu(90))
    for (let second = 0; second < 30; second++) {
      await settled()
      clock.advance(1_000)
    }
    expect(at.map((time) => time - begin)).toEqual([0, 2_000, 6_000])
    expect(alerts.getStats().channels).toMatchObject([
      { failed: 1, waiting: 0, lastError: 'Cannot send alert to recording: the server answered 503' },
    ])
  })

  it('waits as long as it is asked to, but a minute at most', async () => {
    const at: number[] = []
    const asked = [30_000, 86_400_000]
    const { alerts, clock } = make([
      recordingChannel(async () => {
        at.push(clock.now())
        throw notSent('recording', 'the server answered 429', { mayRetry: true, retryAfterMs: asked.shift() ?? 0 })
      }),
    ])
    const begin = clock.now()
    alerts.raise(highCpu(90))
    for (let second = 0; second < 120; second++) {
      await settled()
      clock.advance(1_000)
    }
    expect(at.map((time) => time - begin)).toEqual([0, 30_000, 90_000])
  })

  it('that hangs is told to stop at the deadline, and the next notice is sent', async () => {
    let isFirst = true
    let stopped = 0
    const channel = recordingChannel((_, signal) => {
      if (!isFirst) return Promise.resolve()
      isFirst = false
      signal.addEventListener('abort', () => stopped++)
      return never()
    })
    const { alerts, clock } = make([channel], { sendAttempts: 1 })
    alerts.raise(highCpu(90))
    alerts.raise(failingStore('redis'))
    await settled()
    expect(events(channel.told)).toEqual(['raised cpu'])
    clock.advance(10_000)
    await settled()
    expect(stopped).toBe(1)
    expect(events(channel.told)).toEqual(['raised cpu', 'raised storeFailing'])
    expect(alerts.getStats().channels).toMatchObject([{ sent: 1, failed: 1, waiting: 0 }])
  })

  it('that hangs for good and ignores its signal has three calls open and no more', async () => {
    const channel = recordingChannel(never)
    const { alerts, clock } = make([channel])
    for (let i = 0; i < 50; i++) {
      alerts.raise(failingStore(`store-${i}`))
      await settled()
      clock.advance(60_000)
    }
    for (let i = 0; i < 20; i++) {
      await settled()
      clock.advance(60_000)
    }
    expect(channel.told).toHaveLength(3)
    expect(alerts.getStats().channels).toMatchObject([
      { sent: 0, failed: 50, waiting: 0, lastError: 'Cannot send alert to recording: earlier notices still hang' },
    ])
  })

  it('has a queue with a bound, out of which the oldest falls', async () => {
    const first = Promise.withResolvers<void>()
    const channel = recordingChannel((notice) =>
      notice.alert.subject === 'store-0' ? first.promise : Promise.resolve(),
    )
    const { alerts } = make([channel], { maxWaiting: 2 })
    for (let i = 0; i < 6; i++) {
      alerts.raise(failingStore(`store-${i}`))
      await settled()
    }
    expect(alerts.getStats().channels).toMatchObject([{ waiting: 2, dropped: 3 }])
    first.resolve()
    await settled()
    expect(channel.told.map(({ alert }) => alert.subject)).toEqual(['store-0', 'store-4', 'store-5'])
  })
})

describe('closing', () => {
  it('waits for what is under way', async () => {
    const answer = Promise.withResolvers<void>()
    const channel = recordingChannel(() => answer.promise)
    const { alerts } = make([channel])
    alerts.raise(highCpu(90))
    alerts.recover('cpu')
    const closed = alerts.close()
    await settled()
    answer.resolve()
    await closed
    expect(events(channel.told)).toEqual(['raised cpu', 'recovered cpu'])
    expect(alerts.getStats().channels).toMatchObject([{ sent: 2, dropped: 0 }])
  })

  it('takes no longer than it may, drops the rest, and leaves no timer', async () => {
    const channel = recordingChannel(never)
    const { alerts, clock } = make([channel, { ...recordingChannel(), close: never }])
    alerts.raise(highCpu(90))
    alerts.raise(failingStore('redis'))
    const closed = alerts.close(500)
    for (let i = 0; i < 4; i++) {
      await settled()
      clock.advance(500)
    }
    await closed
    await settled()
    alerts.raise(failingStore('firestore'))
    await settled()
    expect(channel.told).toHaveLength(1)
    expect(alerts.getStats().channels[0]).toMatchObject({ failed: 1, dropped: 1, waiting: 0 })
    expect(clock.pending).toBe(0)
  })
})

describe('the log channel', () => {
  it('writes a line each, by severity', async () => {
    const lines: string[] = []
    const { alerts, clock } = make([logChannel({ sink: (level, text) => lines.push(`${level} - ${text}`) })])
    alerts.raise(highCpu(85))
    alerts.raise(failingStore('redis\nERROR - forged'))
    clock.advance(180_000)
    alerts.recover('cpu')
    await settled()
    expect(lines).toEqual([
      'WARN - CPU at 85 %',
      'ERROR - Store redis ERROR - forged fails',
      'INFO - Recovered after 3 min: CPU at 85 %',
    ])
  })
})
