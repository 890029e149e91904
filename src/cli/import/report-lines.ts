import { formatCount, oneLine, plural } from '../text-layout.ts'
import type { ImportReport } from './import-items.ts'

/** What was refused, where and why. */
export function problemLines({ problems, refused }: ImportReport): string[] {
  const untold = refused - problems.length
  const more = untold > 0 ? [`and ${formatCount(untold)} more`] : []
  return [...problems.map((problem) => `refused: ${oneLine(problem)}`), ...more]
}

/** What an import did, for a person. */
export function summaryLines(report: ImportReport, seconds: number, isDryRun: boolean): string[] {
  const { read, added, alreadyThere, erased, refused, sessions, fileTime } = report
  const rate = Math.round(read / Math.max(seconds, 0.001))
  const counts = [
    `read           ${plural(read, 'item')} in ${plural(sessions, 'session')}`,
    `added          ${isDryRun ? 'none: --dry-run' : formatCount(added)}`,
    ...(alreadyThere > 0 ? [`already there  ${formatCount(alreadyThere)}`] : []),
    ...(erased > 0 ? [`left out       ${formatCount(erased)}, erased since`] : []),
    ...(refused > 0 ? [`refused        ${formatCount(refused)}`] : []),
    `time           ${seconds.toFixed(1)} s, ${plural(rate, 'item')} a second`,
  ]
  if (fileTime === undefined) return counts
  const time = new Date(fileTime).toISOString()
  return [...counts, `Items without a time got that of the file. If you change it: --created-at ${time}`]
}
