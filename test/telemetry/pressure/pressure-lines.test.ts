import { expect, it } from 'vitest'
import { PressureGauge } from '../../../src/telemetry/pressure/gauge.ts'
import { reportLines, stateLines } from '../../../src/telemetry/pressure/pressure-lines.ts'
import { PressureResponse } from '../../../src/telemetry/pressure/response.ts'

it('a log is told when the level changes, and of what users notice', async () => {
  const gauge = new PressureGauge()
  const response = new PressureResponse({}, () => ({ freedBytes: 0, pauseMs: 0 }))
  const lines: string[] = []
  for (const percentUsed of [50, 82, 82, 95, 95]) {
    const state = gauge.update({ at: 0, percentUsed })
    for (const { severity, text } of [...stateLines(state), ...reportLines(await response.respond(state))])
      lines.push(`${severity.toUpperCase()} - ${text}`)
  }
  expect(lines).toEqual([
    'INFO - Memory pressure changed to High',
    'INFO - Forced garbage collection due to memory pressure',
    'INFO - Memory pressure changed to Critical',
    'ERROR - Memory pressure critical, rejecting requests',
  ])
})
