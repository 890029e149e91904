import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ALERTS_DEFAULTS } from '../../../src/telemetry/alerts/alerts-options.ts'
import * as telemetry from '../../../src/telemetry/index.ts'
import { ROOT } from '../../package/repository.ts'

const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

const markdown = read('docs/alerts.md')

/** First cells of a chapter's tables, where they are in code font, with the rest of their rows. */
function rows(chapter: string): Map<string, string> {
  const text = markdown.split(/^## /m).find((one) => one.startsWith(chapter)) ?? ''
  return new Map([...text.matchAll(/^\| `(\w+)[^`]*` \|(.*)$/gm)].map(([, name, rest]) => [name!, rest!]))
}

/** Names of the fields of an interface, or the texts of a union. */
function declared(declaration: RegExp, name: RegExp): string[] {
  const [text = ''] = declaration.exec(read('src/telemetry/alerts/alert.ts')) ?? []
  return [...text.matchAll(name)].map(([, one]) => one!)
}

describe('docs/alerts.md', () => {
  it('has every kind of alert, and no other', () => {
    const kinds = declared(/^export interface AlertFacts {.*?^}/ms, /^ {2}readonly (\w+):/gm)
    expect(kinds).toContain('memoryLeak')
    expect([...rows('Which there are').keys()].toSorted()).toEqual(kinds.toSorted())
  })

  it('has every event, and no other', () => {
    const events = declared(/^export type AlertEvent = .*$/m, /'(\w+)'/g)
    expect(events).toContain('raised')
    expect([...rows('What is told').keys()].toSorted()).toEqual(events.toSorted())
  })

  it('has every channel that is exported, and no other', () => {
    const exported = Object.keys(telemetry).filter((name) => /Channels?$/.test(name))
    const documented = [...rows('Channels').keys()]
    expect(documented.toSorted()).toEqual(exported.toSorted())
  })

  it('has the default of each threshold in the row that names it', () => {
    const text = [...rows('Which there are').values()].join('\n')
    for (const [name, value] of Object.entries(telemetry.ALERT_THRESHOLD_DEFAULTS)) {
      expect(text).toMatch(new RegExp(`\\b${value}\\b[^|()]*\\(\`${name}\`\\)`))
    }
  })

  it('says how often something is told, and how channels are tried, in the numbers of the code', () => {
    const { burst, refillMs, maxAlerts, maxWaiting, sendTimeoutMs, sendAttempts, retryDelayMs } = ALERTS_DEFAULTS
    const seconds = (ms: number): string => `${ms / 1_000} s`
    expect(markdown).toContain(`is told ${burst} times, then once in ${refillMs / 60_000} minutes`)
    expect(markdown).toContain(`At most ${maxAlerts} alerts last at a time`)
    expect(markdown).toContain(`Up to ${maxWaiting} notices wait`)
    expect(markdown).toContain(`An attempt may take ${seconds(sendTimeoutMs)}`)
    const pauses = `${seconds(retryDelayMs)} and ${seconds(2 * retryDelayMs)} apart`
    expect(markdown).toContain(`There are ${sendAttempts} attempts, ${pauses}`)
  })
})
