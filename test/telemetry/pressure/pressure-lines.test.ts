import { expect, it } from 'vitest'
import { PressureGauge } from '../../../src/telemetry/pressure/gauge.ts'
import { ReportLines, stateLines } from '../../../src/telemetry/pressure/pressure-lines.ts'
import { PressureResponse } from '../../../src/telemetry/pressure/response.ts'

it('a log is told when the level changes, and of what users notice', async () => {
  const gauge = new PressureGauge()
  let collections = 0
  const response = new PressureResponse({}, () => (collections++ === 0 ? { freedBytes: 0, pauseMs: 0 } : undefined))
  const reportLines = new ReportLines()
  const lines: string[] = []
  for (const percentUsed of [50, 82, 82, 95, 95]) {
    const state = gauge.update({ at: 0, percentUsed })
    for (const { severity, text } of [...stateLines(state), ...reportLines.of(await response.respond(state))])
      lines.push(`${severity.toUpperCase()} - ${text}`)
  }
  expect(lines).toEqual([
    'INFO - Memory pressure changed to High',
    'INFO - Forced garbage collection due to memory pressure',
    'INFO - Memory pressure changed to Critical',
    'ERROR - Memory pressure critical, rejecting requests',
  ])
})

it('a log is told once of what fails at each reading, in one line', async () => {
  const gauge = new PressureGauge()
  const reportLines = new ReportLines()
  let error: unknown = new Error('no disk\nINFO - all is well')
  const actions = {
    moderate: () => {
      throw error
    },
  }
  const response = new PressureResponse({ actions })
  const failing = async (): Promise<readonly string[]> =>
    reportLines.of(await response.respond(gauge.update({ at: 0, percentUsed: 76 }))).map(({ text }) => text)
  expect(await failing()).toEqual(['An action against memory pressure failed: no disk INFO - all is well'])
  expect(await failing()).toEqual([])
  error = Object.create(null)
  expect(await failing()).toEqual(['An action against memory pressure failed: an error without a text'])
})
