import { errorMessage } from '../../lib/error-message.ts'
import { oneLine } from '../alerts/notice-text.ts'
import type { PressureReport } from './actions.ts'
import type { MemoryPressure, PressureState } from './pressure.ts'

export interface PressureLine {
  readonly severity: 'info' | 'error'
  readonly text: string
}

/** What a log is told of a state: nothing while the level stays. */
export function stateLines({ level, before }: PressureState): readonly PressureLine[] {
  return level === before ? [] : [{ severity: 'info', text: `Memory pressure changed to ${levelTitle(level)}` }]
}

/** What it is told of what was done. */
export function reportLines({ deeds }: PressureReport): readonly PressureLine[] {
  return deeds.flatMap(({ deed, error }): PressureLine[] => {
    if (deed === 'collected') return [{ severity: 'info', text: 'Forced garbage collection due to memory pressure' }]
    if (deed === 'work-refused') return [{ severity: 'error', text: 'Memory pressure critical, rejecting requests' }]
    if (deed === 'failed')
      return [{ severity: 'error', text: `An action against memory pressure failed: ${oneLine(errorMessage(error))}` }]
    return []
  })
}

/** As logs and health replies write it: "High". */
export function levelTitle(level: MemoryPressure): string {
  return level.charAt(0).toUpperCase() + level.slice(1)
}
