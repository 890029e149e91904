import { formatCount, oneLine, plural } from '../text-layout.ts'
import type { ImportReport } from './import-items.ts'

/** The summary for a person. */
export function reportLines(report: ImportReport, seconds: number, isDryRun: boolean): string[] {
  const { read, added, alreadyThere, erased, refused, sessions, problems, fileTime } = report
  const untold = refused - problems.length
  const counts = [
    `read           ${plural(read, 'item')} in ${plural(sessions, 'session')}`,
    ...(isDryRun ? ['added          none: this was a dry run'] : [`added          ${formatCount(added)}`]),
    ...(alreadyThere > 0 ? [`already there  ${formatCount(alreadyThere)}`] : []),
    ...(erased > 0 ? [`left out       ${formatCount(erased)}: their sessions were erased since`] : []),
    ...(refused > 0 ? [`refused        ${formatCount(refused)}`] : []),
    `time           ${seconds.toFixed(1)} s, ${plural(Math.round(read / Math.max(seconds, 0.001)), 'item')} a second`,
  ]
  return [
    ...problems.map((problem) => `refused: ${oneLine(problem)}`),
    ...(untold > 0 ? [`and ${formatCount(untold)} more`] : []),
    ...counts,
    ...(fileTime === undefined ? [] : [timeHint(fileTime)]),
  ]
}

function timeHint(fileTime: number): string {
  const time = new Date(fileTime).toISOString()
  return `Items without a time are dated by when the file was last changed. To import a changed copy of it, add --created-at ${time}`
}
