import { describe, expect, it } from 'vitest'
import { formatDuration, Progress } from '../../src/cli/progress.ts'
import { displayWidth } from '../../src/cli/text-layout.ts'
import { ManualClock } from '../../src/testing/index.ts'
import { CapturedTerminal } from './captured-terminal.ts'

const OPTIONS = { label: 'exporting', unit: 'items' }
const CLEAR = '\r\u001b[K'

describe('Progress', () => {
  it('shows a bar with share, count, rate and time left, and takes it away', () => {
    const [terminal, clock] = [new CapturedTerminal({ isTTY: true, columns: 100 }), new ManualClock(0)]
    const progress = new Progress(terminal, { ...OPTIONS, clock })
    clock.set(2000)
    progress.update({ done: 500, total: 2000 })
    expect(terminal.text).toBe(`${CLEAR}exporting █████░░░░░░░░░░░░░░░ 25% 500 of 2,000 items 250/s 0:06 left`)
    progress.end()
    progress.end()
    expect(terminal.writes.slice(1)).toEqual([CLEAR])
  })

  it('redraws ten times a second at most', () => {
    const [terminal, clock] = [new CapturedTerminal({ isTTY: true }), new ManualClock(0)]
    const progress = new Progress(terminal, { ...OPTIONS, clock })
    for (let ms = 1; ms <= 1000; ms++) {
      clock.set(ms)
      progress.update({ done: ms, total: 1000 })
    }
    expect(terminal.writes).toHaveLength(10)
  })

  it('writes a line every ten seconds where nobody looks, without commands to a terminal', () => {
    const [terminal, clock] = [new CapturedTerminal(), new ManualClock(0)]
    const progress = new Progress(terminal, { ...OPTIONS, clock })
    for (let second = 1; second <= 25; second++) {
      clock.set(second * 1000)
      progress.update({ done: second })
    }
    progress.end()
    expect(terminal.text).toBe('exporting 10 items 1/s\nexporting 20 items 1/s\n')
  })

  it('says nothing of what is done at once, nor when asked to be quiet', () => {
    for (const [quiet, ms] of [[false, 50] as const, [true, 5000] as const]) {
      const [terminal, clock] = [new CapturedTerminal({ isTTY: true }), new ManualClock(0)]
      const progress = new Progress(terminal, { ...OPTIONS, quiet, clock })
      clock.set(ms)
      progress.update({ done: 1, total: 2 })
      progress.end()
      expect(terminal.text).toBe('')
    }
  })

  it('stays in one line of the terminal', () => {
    const [terminal, clock] = [new CapturedTerminal({ isTTY: true, columns: 60 }), new ManualClock(0)]
    const progress = new Progress(terminal, { ...OPTIONS, clock })
    clock.set(3_600_000)
    progress.update({ done: 1_234_567, total: 1_000_000_000_000 })
    expect(displayWidth(terminal.text.replace(CLEAR, ''))).toBeLessThan(60)
  })

  it('takes a share of its own, and nothing to do for done', () => {
    const [terminal, clock] = [new CapturedTerminal({ isTTY: true }), new ManualClock(0)]
    const progress = new Progress(terminal, { ...OPTIONS, clock })
    clock.set(500)
    progress.update({ done: 7, ratio: 0.5 })
    expect(terminal.text).toContain(' 50% 7 items 14/s')
    clock.set(1000)
    progress.update({ done: 0, total: 0 })
    expect(terminal.text).toContain(' 0 of 0 items')
    expect(terminal.text).not.toContain('NaN')
  })
})

it('formatDuration() rounds up, so that nothing is done before it is', () => {
  expect([1, 42_000, 725_000, 3_723_000].map(formatDuration)).toEqual(['0:01', '0:42', '12:05', '1:02:03'])
})
