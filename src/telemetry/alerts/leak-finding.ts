import type { LeakReport } from '../leaks/leak-report.ts'
import type { Finding } from './alert.ts'

const MAX_GREW = 5

export function leakFinding({ growthMb, growthMbPerHour, confidence, message, grew }: LeakReport): Finding {
  const most = grew.sites.slice(0, MAX_GREW).map(({ site, growthBytes }) => ({
    what: `${site.functionName} (${site.url}:${site.line})`,
    bytes: growthBytes,
  }))
  const facts = { growthMb, growthMbPerHour, confidence, grew: most }
  return { kind: 'memoryLeak', subject: '', severity: 'critical', message, facts }
}
