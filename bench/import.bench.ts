/** `thermocline import` of 100,000 items by the real command line, in a process of its own: its rate and its memory. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeConversations } from './import/write-conversations.ts'
import { benchOptions, type Result, report } from './report.ts'

const ITEMS = 100_000
const RSS_AIM_MB = 150
/** What is measured, by how many items a session has. */
const LENGTHS = [
  ['', 1000],
  ['.sessions_of_20', 20],
  ['.one_session', ITEMS],
] as const
// The most that the process ever held, in KiB, as the last line of what it says.
const TELL_RSS = "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))"

interface Run {
  readonly itemsPerSecond: number
  readonly rssMb: number
  readonly added: number
}

const options = benchOptions()
const folder = mkdtempSync(join(tmpdir(), 'thermocline-bench-'))
const main = join(import.meta.dirname, '../dist/cli/main.js')

function runImport(file: string, path: string): Run {
  const preload = `data:text/javascript,${encodeURIComponent(TELL_RSS)}`
  const args = ['--import', preload, main, 'import', file, '--path', path, '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
  if (status !== 0) throw new Error(`the import ended with code ${status}: ${stderr}`)
  const { read, added, seconds } = JSON.parse(stdout) as { read: number; added: number; seconds: number }
  const rssKib = Number(stderr.trim().split('\n').at(-1))
  return { itemsPerSecond: read / seconds, rssMb: (rssKib * 1024) / 1e6, added }
}

const results: Result[] = []
try {
  for (const [name, itemsPerSession] of LENGTHS) {
    const file = join(folder, `conversations${name}.jsonl`)
    await writeConversations(file, ITEMS, itemsPerSession)
    const path = join(folder, `memory${name}.db`)
    const [first, again] = [runImport(file, path), runImport(file, path)]
    if (first.added !== ITEMS || again.added !== 0) throw new Error(`added ${first.added}, then ${again.added}`)
    results.push(
      { name: `import_rate${name}`, value: first.itemsPerSecond, unit: 'items/s' },
      { name: `import_rss${name}`, value: first.rssMb, unit: 'MB', aim: RSS_AIM_MB, better: 'less' },
      { name: `import_again_rate${name}`, value: again.itemsPerSecond, unit: 'items/s' },
      { name: `import_again_rss${name}`, value: again.rssMb, unit: 'MB', aim: RSS_AIM_MB, better: 'less' },
    )
    rmSync(file)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report('import', results, options)
