import { errorMessage } from '../../lib/error-message.ts'
import { oneLine } from '../../lib/one-line.ts'
import type { PressureDeed, PressureReport } from './actions.ts'
import type { MemoryPressure, PressureState } from './pressure.ts'

export interface PressureLine {
  readonly severity: 'info' | 'error'
  readonly text: string
}

/** What a log is told of a state: nothing while the level stays. */
export function stateLines({ level, before }: PressureState): readonly PressureLine[] {
  return level === before ? [] : [{ severity: 'info', text: `Memory pressure changed to ${levelTitle(level)}` }]
}

/** What a log is told of what was done. An action that fails at each reading is told of once. */
export class ReportLines {
  #failures: ReadonlySet<string> = new Set()

  of({ deeds }: PressureReport): readonly PressureLine[] {
    const told = this.#failures
    this.#failures = new Set(deeds.filter(({ deed }) => deed === 'failed').map(failureText))
    const news = [...this.#failures].filter((text) => !told.has(text))
    return [...deeds.flatMap(deedLines), ...news.map((text): PressureLine => ({ severity: 'error', text }))]
  }
}

function deedLines({ deed }: PressureDeed): readonly PressureLine[] {
  if (deed === 'collected') return [{ severity: 'info', text: 'Forced garbage collection due to memory pressure' }]
  if (deed === 'work-refused') return [{ severity: 'error', text: 'Memory pressure critical, rejecting requests' }]
  return []
}

function failureText({ error }: PressureDeed): string {
  return `An action against memory pressure failed: ${oneLine(errorMessage(error))}`
}

/** As logs and health replies write it: "High". */
export function levelTitle(level: MemoryPressure): string {
  return level.charAt(0).toUpperCase() + level.slice(1)
}
